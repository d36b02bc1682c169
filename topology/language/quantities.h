/// Scalars as values, by the core rules of YAML 1.2, and the quantities of the language.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::topology {

enum class CoreType : std::uint8_t { kString, kNull, kBool, kInteger, kNumber };

/// What YAML 1.2 takes a plain scalar for.
CoreType core_type(std::string_view text);
std::string_view to_string(CoreType type);  ///< "a string", "a number" ...

std::optional<bool> parse_flag(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);  ///< 12, -3, 0x1f, 0o17.
std::optional<double> parse_number(std::string_view text);         ///< Finite.
std::optional<double> parse_rate(std::string_view text);           ///< 10000/s, 2.5/m, 10/h: in rows a second, above 0.

}  // namespace penstock::topology
