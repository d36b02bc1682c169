#include <algorithm>
#include <array>
#include <cstddef>

#include "bench/yardstick/events.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {

// Adds 0 or 1 instead of branching on the kind, which nobody can predict.
std::uint64_t ysb_loop(std::uint64_t events) {
  std::array<std::uint32_t, 1000> campaign_of;
  for (std::uint32_t ad = 0; ad < campaign_of.size(); ++ad) campaign_of[ad] = ad / 10;
  std::uint64_t checksum = 0;
  std::array<std::uint64_t, 100> counts{};
  for (std::uint64_t window = 0; window * kYsbWindow < events; ++window) {
    counts.fill(0);
    const std::uint64_t end = std::min(events, (window + 1) * kYsbWindow);
    for (std::uint64_t i = window * kYsbWindow; i < end; ++i) {
      const std::uint64_t hash = split_mix(i);
      counts[campaign_of[ad_of(hash)]] += kind_of(hash) == 0 ? 1 : 0;
    }
    for (std::size_t campaign = 0; campaign < counts.size(); ++campaign)
      checksum += counts[campaign] * (campaign + 1) * (window + 1);
  }
  return checksum;
}

}  // namespace penstock::bench
