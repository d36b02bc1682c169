/// Timestamps and durations as text, in both directions. Shared by formats, casts and literals.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "runtime/base/clock.h"

namespace penstock::base {

/// RFC 3339 / ISO 8601 as TOPOLOGY lists them: `2023-09-18T14:23:10Z`, with or without offset and fraction,
/// `2001/01/01 00:47`, `2012-01-01`. Without offset: UTC. nullopt: not a timestamp, or outside the years 1900-2200.
/// More than six digits of fraction that are not zero are refused (nothing is rounded silently).
std::optional<Micros> parse_timestamp(std::string_view text);
/// RFC 3339 with Z and no superfluous digits: `2023-09-18T14:23:10Z`, `...10.2Z`. Writes at most 32 bytes; returns how
/// many.
std::size_t format_timestamp(Micros time, char* out);

/// `500ms 10s 5m 1h 7d` (also `us`), a leading minus allowed, compounds such as `1h30m` too.
std::optional<Micros> parse_duration(std::string_view text);
/// The shortest such text that says the same: 5400000000 -> `1h30m`. Writes at most 48 bytes; returns how many.
std::size_t format_duration(Micros duration, char* out);

/// Bounds of a sane event time: years 1900 up to and with 2200.
constexpr Micros kMinTimestamp = -2'208'988'800'000'000;
constexpr Micros kMaxTimestamp = 7'289'654'399'999'999;

}  // namespace penstock::base
