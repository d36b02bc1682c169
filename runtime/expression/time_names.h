/// Names of months and days, for format_time and parse_time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace penstock::expression {

constexpr std::array<std::string_view, 12> kMonthNames = {"January",   "February", "March",    "April",
                                                          "May",       "June",     "July",     "August",
                                                          "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDayNames = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

/// 0 is Sunday. 1970-01-01 was a Thursday.
constexpr std::size_t day_of_week(std::int64_t days) { return static_cast<std::size_t>(((days + 4) % 7 + 7) % 7); }

}  // namespace penstock::expression
