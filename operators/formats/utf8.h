/// Is this UTF-8? Most text is ASCII, which is seen at a glance.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace penstock::operators {

bool valid_utf8_slowly(std::string_view text);

inline bool valid_utf8(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t high = 0;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, at, 8);
    high |= bytes;
  }
  for (; left > 0; ++at, --left) high |= static_cast<unsigned char>(*at);
  return (high & 0x8080808080808080) == 0 || valid_utf8_slowly(text);
}

}  // namespace penstock::operators
