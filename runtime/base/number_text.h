/// Numbers as text, in both directions: the whole text or nothing, never rounded silently, never dependent on a locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::base {

/// Decimal digits with an optional sign, nothing else. nullopt: not such a text, or outside int64.
std::optional<std::int64_t> parse_int64(std::string_view text);
/// `1`, `-0.5`, `1.5e3`. nullopt: not such a text, or not a finite double (`inf` and `nan` are refused).
std::optional<double> parse_float64(std::string_view text);
/// The shortest text that reads back as the same double: 0.1, 1000, 1e+300. Writes at most 32 bytes; returns how many.
std::size_t format_float64(double value, char* out);
std::size_t format_int64(std::int64_t value, char* out);  ///< Writes at most 20 bytes.

}  // namespace penstock::base
