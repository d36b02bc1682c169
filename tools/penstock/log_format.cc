#include "tools/penstock/log_format.h"

#include <fmt/core.h>

#include <chrono>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>

namespace penstock::tools {
namespace {

std::string time_text(spdlog::log_clock::time_point time, LogFormat format) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<time_t>(since / 1000);
  std::tm parts{};
  char text[32];
  if (format == LogFormat::kText) {
    localtime_r(&seconds, &parts);
    std::strftime(text, sizeof text, "%H:%M:%S", &parts);
    return fmt::format("{}.{:03}", text, since % 1000);
  }
  gmtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text, since % 1000);
}

std::string on_one_line(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "\\n";
    else
      result += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? '?' : c;
  }
  return result;
}

std::string json_line(const std::string& time, std::string_view level, std::string_view text) {
  const nlohmann::ordered_json json = {{"time", time}, {"level", level}, {"message", text}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void LogLineFormatter::format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) {
  const std::string time = time_text(message.time, format_);
  const auto level = spdlog::level::to_string_view(message.level);
  const std::string_view level_text(level.data(), level.size());
  const std::string_view text(message.payload.data(), message.payload.size());
  const std::string whole = format_ == LogFormat::kJson ? json_line(time, level_text, text)
                                                        : fmt::format("{} {} {}", time, level_text, on_one_line(text));
  line.append(whole.data(), whole.data() + whole.size());
  line.push_back('\n');
}

}  // namespace penstock::tools
