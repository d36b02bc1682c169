#include "runtime/base/crc32c.h"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace penstock::base {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Reflected Castagnoli polynomial.

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

#if defined(__x86_64__)
constexpr std::size_t kLane = 1024;

/// What a checksum becomes when kLane zero bytes follow, by each of its four bytes: a linear map, so the checksums of
/// three lanes that were computed side by side can be put together (the instruction has a latency of three cycles and a
/// throughput of one). After M. Adler's crc32c.c.
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;
Shift make_shift() {
  Shift shift{};
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < kLane; ++i) crc = (crc >> 8) ^ kTable[crc & 0xff];
    for (std::uint32_t value = 0; value < 256; ++value)
      if ((value >> (bit % 8) & 1) != 0) shift[bit / 8][value] ^= crc;
  }
  return shift;
}

std::uint32_t shifted(const Shift& shift, std::uint32_t crc) {
  return shift[0][crc & 0xff] ^ shift[1][(crc >> 8) & 0xff] ^ shift[2][(crc >> 16) & 0xff] ^ shift[3][crc >> 24];
}

__attribute__((target("sse4.2"))) std::uint64_t step(std::uint64_t crc, const unsigned char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return _mm_crc32_u64(crc, word);
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(const unsigned char* at, std::size_t size,
                                                             std::uint32_t seed) {
  static const Shift kShift = make_shift();
  std::uint64_t crc = ~seed;
  for (; size >= 3 * kLane; at += 3 * kLane, size -= 3 * kLane) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kLane; i += 8) {
      crc = step(crc, at + i);
      second = step(second, at + kLane + i);
      third = step(third, at + 2 * kLane + i);
    }
    crc = shifted(kShift, static_cast<std::uint32_t>(crc)) ^ second;
    crc = shifted(kShift, static_cast<std::uint32_t>(crc)) ^ third;
  }
  for (; size >= 8; at += 8, size -= 8) crc = step(crc, at);
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; size > 0; ++at, --size) narrow = _mm_crc32_u8(narrow, *at);
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(const void* data, std::size_t size, std::uint32_t seed) {
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint32_t crc = ~seed;
  for (; size > 0; ++at, --size) crc = (crc >> 8) ^ kTable[(crc ^ *at) & 0xff];
  return ~crc;
}

std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t seed) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  if (fast) return crc32c_sse42(static_cast<const unsigned char*>(data), size, seed);
#endif
  return crc32c_portable(data, size, seed);
}

}  // namespace penstock::base
