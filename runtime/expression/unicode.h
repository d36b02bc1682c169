/// The little of Unicode that text functions need. Texts of type string are valid UTF-8; ASCII takes the short way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::expression {

bool is_utf8(std::string_view text);  ///< No overlong forms, no surrogates.
inline bool starts_character(char byte) { return (byte & 0xC0) != 0x80; }
std::size_t count_characters(std::string_view text);
/// Bytes of the first `characters` characters (all of them if there are fewer).
std::size_t bytes_of(std::string_view text, std::size_t characters);

/// Simple case mappings of Latin, Greek and Cyrillic letters that keep the length in bytes; others stay as they are.
/// `out` has room for text.size() bytes.
void write_lower(std::string_view text, char* out);
void write_upper(std::string_view text, char* out);

}  // namespace penstock::expression
