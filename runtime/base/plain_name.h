/// Names of users as parts of file names: what is no letter, digit, _ or - stands as %XX, so that dots and slashes
/// separate. THREAD: any.
#pragma once

#include <string>
#include <string_view>

namespace penstock::base {

inline std::string plain_name(std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

/// The reverse; of what plain_name() has made.
inline std::string from_plain_name(std::string_view plain) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const bool coded = plain[i] == '%' && i + 2 < plain.size();
    out += coded ? static_cast<char>(digit(plain[i + 1]) << 4 | digit(plain[i + 2])) : plain[i];
    i += coded ? 2 : 0;
  }
  return out;
}

}  // namespace penstock::base
