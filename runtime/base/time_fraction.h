/// What may be wrong with a timestamp that looks right.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/time_text.h"

namespace penstock::base {

/// A timestamp but for digits behind the microseconds, which are not cut off silently.
inline bool is_finer_than_micros(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == text.npos) return false;
  std::size_t end = dot + 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end - dot <= 7) return false;
  return parse_timestamp(std::string(text.substr(0, dot + 7)) + std::string(text.substr(end))).has_value();
}

constexpr std::string_view kFinerThanMicros = "at most six digits after the point (microseconds)";

}  // namespace penstock::base
