#include "runtime/expression/unicode.h"

#include <simdjson.h>

#include <cstring>

namespace penstock::expression {
namespace {

using Code = std::uint32_t;

bool within(Code code, Code first, Code last) { return code >= first && code <= last; }

/// Letters that come in pairs, the capital even (or odd) and its small letter right behind it.
bool even_pair(Code code) {
  return within(code, 0x100, 0x137) || within(code, 0x14A, 0x177) || within(code, 0x460, 0x481) ||
         within(code, 0x48A, 0x4BF) || within(code, 0x4D0, 0x52F);
}
bool odd_pair(Code code) {
  return within(code, 0x139, 0x148) || within(code, 0x179, 0x17E) || within(code, 0x4C1, 0x4CE);
}
/// In Latin Extended-A: i with and without its dot are no pair, kra and the last letter have no capital.
bool unpaired(Code code) { return code == 0x130 || code == 0x131 || code == 0x138 || code == 0x149 || code == 0x178; }

Code lower_of(Code code) {
  if (within(code, 0xC0, 0xDE) && code != 0xD7) return code + 0x20;
  if (unpaired(code)) return code;
  if (even_pair(code)) return code | 1;
  if (odd_pair(code)) return code % 2 == 1 ? code + 1 : code;
  if (within(code, 0x391, 0x3A9) && code != 0x3A2) return code + 0x20;
  if (within(code, 0x410, 0x42F)) return code + 0x20;
  if (within(code, 0x400, 0x40F)) return code + 0x50;
  return code;
}

Code upper_of(Code code) {
  if (within(code, 0xE0, 0xFE) && code != 0xF7) return code - 0x20;
  if (unpaired(code)) return code;
  if (even_pair(code)) return code & ~Code{1};
  if (odd_pair(code)) return code % 2 == 0 ? code - 1 : code;
  if (within(code, 0x3B1, 0x3C9) && code != 0x3C2) return code - 0x20;
  if (within(code, 0x430, 0x44F)) return code - 0x20;
  if (within(code, 0x450, 0x45F)) return code - 0x50;
  return code;
}

/// All letters above lie below U+0800 and keep their two bytes.
template <Code (*Map)(Code)>
void write_mapped(std::string_view text, char* out, char first, char last) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool two_bytes = (c & 0xE0) == 0xC0 && i + 1 < text.size();
    if (!two_bytes) {
      out[i] = c >= first && c <= last ? static_cast<char>(c ^ 0x20) : c;
      continue;
    }
    const Code code = Map((static_cast<Code>(c & 0x1F) << 6) | static_cast<Code>(text[i + 1] & 0x3F));
    out[i] = static_cast<char>(0xC0 | (code >> 6));
    out[++i] = static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char byte : text) count += starts_character(byte) ? 1 : 0;
  return count;
}

std::size_t bytes_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  while (at < text.size() && characters > 0) {
    ++at;
    while (at < text.size() && !starts_character(text[at])) ++at;
    --characters;
  }
  return at;
}

void write_lower(std::string_view text, char* out) { write_mapped<lower_of>(text, out, 'A', 'Z'); }
void write_upper(std::string_view text, char* out) { write_mapped<upper_of>(text, out, 'a', 'z'); }

}  // namespace penstock::expression
