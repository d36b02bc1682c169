#include "operators/formats/json_text.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace penstock::operators {
namespace {

constexpr std::uint32_t kBadUnit = 0xFFFFFFFF;

std::uint32_t hex_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return kBadUnit;
  std::uint32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      unit = unit << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      unit = unit << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return kBadUnit;
    }
  }
  return unit;
}

/// The code point of the \u escape whose four digits begin at text[at]; moves `at` behind it.
std::uint32_t code_point(std::string_view text, std::size_t& at) {
  const std::uint32_t first = hex_unit(text, at);
  at += 4;
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first > 0xDBFF || text.substr(at, 2) != "\\u") return kBadUnit;
  const std::uint32_t second = hex_unit(text, at + 2);
  at += 6;
  if (second < 0xDC00 || second > 0xDFFF) return kBadUnit;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

char* put_utf8(std::uint32_t point, char* out) {
  const auto tail = [&](int shift) { *out++ = static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<char>(0xC0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | point >> 12);
    tail(6), tail(0);
  } else {
    *out++ = static_cast<char>(0xF0 | point >> 18);
    tail(12), tail(6), tail(0);
  }
  return out;
}

constexpr std::string_view kEscapeNames = "\"\\/bfnrt";
constexpr std::string_view kEscapeMeanings = "\"\\/\b\f\n\r\t";

/// 0: as it is; 'u': \u00XX; else the letter behind the backslash.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  for (std::size_t i = 0; i < kEscapeNames.size(); ++i)
    if (kEscapeNames[i] != '/') escapes[static_cast<unsigned char>(kEscapeMeanings[i])] = kEscapeNames[i];
  return escapes;
}();

/// Not zero when one of the 8 bytes is a control character, a quote or a backslash ("Bit Twiddling Hacks", haszero).
std::uint64_t needs_escape(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const auto zero_byte = [](std::uint64_t v) { return (v - kOnes) & ~v; };
  const std::uint64_t control = (bytes - kOnes * 0x20) & ~bytes;
  return (control | zero_byte(bytes ^ kOnes * '"') | zero_byte(bytes ^ kOnes * '\\')) & kOnes * 0x80;
}

}  // namespace

std::optional<std::string_view> unescape_json(std::string_view inside, record::TextArena& arena) {
  if (inside.empty() || std::memchr(inside.data(), '\\', inside.size()) == nullptr) return inside;
  char* const begin = arena.allocate(inside.size());  // An escape is never shorter than what it means.
  char* out = begin;
  for (std::size_t i = 0; i < inside.size();) {
    if (inside[i] != '\\') {
      *out++ = inside[i++];
      continue;
    }
    if (++i == inside.size()) return std::nullopt;
    const char name = inside[i++];
    if (name == 'u') {
      const std::uint32_t point = code_point(inside, i);
      if (point == kBadUnit) return std::nullopt;
      out = put_utf8(point, out);
    } else if (const std::size_t known = kEscapeNames.find(name); known != kEscapeNames.npos) {
      *out++ = kEscapeMeanings[known];
    } else {
      return std::nullopt;
    }
  }
  return std::string_view(begin, static_cast<std::size_t>(out - begin));
}

char* escape_json(std::string_view text, char* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    if (end - at >= 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, at, 8);
      if (needs_escape(bytes) == 0) {
        std::memcpy(out, at, 8);
        at += 8;
        out += 8;
        continue;
      }
    }
    const char c = *at++;
    const char escape = kEscapes[static_cast<unsigned char>(c)];
    if (escape == 0) {
      *out++ = c;
    } else if (escape == 'u') {
      std::memcpy(out, "\\u00", 4);
      out[4] = static_cast<char>('0' + (c >> 4));
      out[5] = "0123456789abcdef"[c & 15];
      out += 6;
    } else {
      *out++ = '\\';
      *out++ = escape;
    }
  }
  return out;
}

}  // namespace penstock::operators
