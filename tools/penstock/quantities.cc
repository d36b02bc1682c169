#include "tools/penstock/quantities.h"

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace penstock::tools {
namespace {

/// Three significant digits.
std::string three_digits(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

std::string short_count(double count) {
  if (count < 999.5) return fmt::format("{:.0f}", count);
  constexpr std::array units = {"k", "M", "G", "T", "P", "E"};
  std::size_t unit = 0;
  count /= 1000;
  while (count >= 999.5 && unit + 1 < units.size()) {
    count /= 1000;
    ++unit;
  }
  return three_digits(count) + units[unit];
}

std::string short_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return three_digits(value) + " " + units[unit];
}

std::string short_duration(base::Micros duration) {
  const char* sign = duration < 0 ? "-" : "";
  const double seconds = std::abs(static_cast<double>(duration)) / 1e6;
  if (seconds < 0.9995) return fmt::format("{}{:.0f}ms", sign, seconds * 1000);
  if (seconds < 60) return fmt::format("{}{:.1f}s", sign, seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{}{}m{:02}s", sign, whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}{}h{:02}m", sign, whole / 3600, whole / 60 % 60);
  const double days = seconds / 86400;
  return days < 365 ? fmt::format("{}{:.0f}d", sign, days) : fmt::format("{}{:.1f}y", sign, days / 365.25);
}

std::string fine_duration(base::Micros duration) {
  if (duration < 0 || duration >= 999'500) return short_duration(duration);
  return duration < 1000 ? fmt::format("{}us", duration) : three_digits(static_cast<double>(duration) / 1000) + "ms";
}

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

}  // namespace penstock::tools
