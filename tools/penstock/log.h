/// The process log (spdlog) goes to standard error, around the live view where there is one.
#pragma once

#include <string>

#include "tools/penstock/log_format.h"

namespace penstock::tools {

class Screen;

void set_log(const std::string& level, LogFormat format);

/// While alive, log lines are written above the screen's block. THREAD: log lines may come from any.
class LogAboveScreen {
 public:
  explicit LogAboveScreen(Screen& screen);
  ~LogAboveScreen();
  LogAboveScreen(const LogAboveScreen&) = delete;
  LogAboveScreen& operator=(const LogAboveScreen&) = delete;
};

}  // namespace penstock::tools
