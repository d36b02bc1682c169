/// How a line of the process log looks: for people (`06:00:00.250 info job 3 is running`) or as one JSON object
/// (`{"time":"2026-03-14T06:00:00.250Z","level":"info","message":"job 3 is running"}`). What peers and files said may
/// stand in a message, so a line is always one line, and a terminal has nothing to obey in it.
#pragma once

#include <spdlog/formatter.h>

namespace penstock::tools {

enum class LogFormat : unsigned char { kText, kJson };

class LogLineFormatter final : public spdlog::formatter {
 public:
  explicit LogLineFormatter(LogFormat format) : format_(format) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override;
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LogLineFormatter>(format_); }

 private:
  LogFormat format_;
};

}  // namespace penstock::tools
