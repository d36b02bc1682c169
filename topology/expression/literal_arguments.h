/// Arguments that must be written as they are (patterns, units, paths, format texts), so that they are checked and
/// prepared once, before any row is seen. runtime/expression reads them with the same functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

namespace penstock::topology {

/// nullopt: all is well. A span that ends at 0 means the whole call.
std::optional<ExprFault> check_literal_arguments(const Function& function, const std::vector<ExprPtr>& args);

enum class TimeUnit : std::uint8_t {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kEpoch,
};
/// "hour", "hours"; nullopt: no such unit. Units from kDayOfWeek on are for extract alone.
std::optional<TimeUnit> time_unit(std::string_view name);

/// One `%...` of a format text, with the text before it.
struct FormatPiece {
  std::string before;  ///< `%%` is already one `%`.
  std::string flags;   ///< From "-0+ ".
  int width = 0;
  int precision = -1;
  char conversion = '\0';  ///< s d x f e g; '\0': only `before`, the end of the text.
};
/// nullopt: `fault` says why not.
std::optional<std::vector<FormatPiece>> parse_format(std::string_view text, std::string& fault);

/// A step of a JSON path: a key, or an index where `key` is empty and `index` is not negative.
struct PathStep {
  std::string key;
  std::int64_t index = -1;
};
std::optional<std::vector<PathStep>> parse_json_path(std::string_view text);

/// True when each `%` is followed by a place that format_time and parse_time know.
bool is_time_format(std::string_view text);

}  // namespace penstock::topology
