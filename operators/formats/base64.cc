#include "operators/formats/base64.h"

#include <array>
#include <cstdint>

namespace penstock::operators {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}();

}  // namespace

char* write_base64(std::string_view bytes, char* out) {
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < here ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) *out++ = k <= here ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::optional<std::string_view> read_base64(std::string_view text, record::TextArena& arena) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return std::string_view("", 0);
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  char* const out = arena.allocate(text.size() / 4 * 3);
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t used = i + 4 == text.size() ? 4 - padding : 4;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint8_t digit = k < used ? kDigits[static_cast<unsigned char>(text[i + k])] : std::uint8_t{0};
      if (digit == kNoDigit) return std::nullopt;
      group = group << 6 | digit;
    }
    for (std::size_t k = 0; k + 1 < used; ++k) out[size++] = static_cast<char>(group >> (16 - 8 * k));
  }
  return std::string_view(out, size);
}

}  // namespace penstock::operators
