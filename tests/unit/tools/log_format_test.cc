#include "tools/penstock/log_format.h"

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

#include <cstdlib>
#include <ctime>

namespace penstock::tools {
namespace {

std::string line_of(LogFormat format, std::string_view text) {
  setenv("TZ", "UTC", 1);
  tzset();
  const spdlog::log_clock::time_point time{std::chrono::milliseconds(1'773'468'000'250)};
  const spdlog::details::log_msg message(time, {}, "penstock", spdlog::level::warn, {text.data(), text.size()});
  spdlog::memory_buf_t line;
  LogLineFormatter(format).clone()->format(message, line);
  return {line.data(), line.size()};
}

TEST(LogLineFormatter, WritesForPeople) {
  EXPECT_EQ(line_of(LogFormat::kText, "job 3 is running"), "06:00:00.250 warning job 3 is running\n");
}

TEST(LogLineFormatter, WritesJsonLinesInUtc) {
  EXPECT_EQ(line_of(LogFormat::kJson, "job \"3\""),
            "{\"time\":\"2026-03-14T06:00:00.250Z\",\"level\":\"warning\",\"message\":\"job \\\"3\\\"\"}\n");
}

TEST(LogLineFormatter, KeepsAPeerFromWritingALineOfItsOwn) {
  EXPECT_EQ(line_of(LogFormat::kText, "a\n06:00:00.250 info forged\x1b[2J"),
            "06:00:00.250 warning a\\n06:00:00.250 info forged?[2J\n");
  EXPECT_EQ(line_of(LogFormat::kJson, "a\nb\xff"),
            "{\"time\":\"2026-03-14T06:00:00.250Z\",\"level\":\"warning\",\"message\":\"a\\nb\xEF\xBF\xBD\"}\n");
}

}  // namespace
}  // namespace penstock::tools
