/// format_time and parse_time: the places of strftime that make sense without locale and time zone. UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace penstock::expression {

void append_time(std::string& out, base::Micros time, std::string_view format);
/// nullopt: the text is not of this form, or not a time of the years 1900 to 2200. White space in the format takes any.
std::optional<base::Micros> parse_time(std::string_view text, std::string_view format);

}  // namespace penstock::expression
