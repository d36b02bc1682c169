#include "tools/penstock/log_text.h"

#include <fmt/core.h>

#include "runtime/base/time_text.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {

std::string log_text(const proto::LogLine& line) {
  char seconds[32];
  const std::int64_t whole = line.time_us() - line.time_us() % 1'000'000;
  std::string time(seconds, base::format_timestamp(whole, seconds));
  time.insert(time.size() - 1, fmt::format(".{:03}", line.time_us() % 1'000'000 / 1000));  // Before its Z.
  return fmt::format("{} {:<5} {}", time, printable(line.level()), printable(line.text()));
}

}  // namespace penstock::tools
