/// The events of `filter`, `ysb` and `slide`, as the published description gives them.
#pragma once

#include <cstdint>

namespace penstock::bench {

/// What a SplitMix64 generator that was seeded with i gives first.
inline std::uint64_t split_mix(std::uint64_t i) {
  std::uint64_t z = i + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

inline std::uint32_t ad_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash & 0x7fffffff) % 1000; }
inline std::uint32_t kind_of(std::uint64_t hash) { return static_cast<std::uint32_t>((hash >> 32) & 0x7fffffff) % 3; }

constexpr std::uint64_t kYsbWindow = 10'000'000;  ///< 10 s; event i is i microseconds after 1970.

}  // namespace penstock::bench
