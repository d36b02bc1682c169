#include <vector>

#include "bench/yardstick/events.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {

// Not a yardstick of speed: the answer, by brute force per slice. Window w covers slices [w - slices_per_window + 1,
// w]; the first windows begin before the first event, the last ones end after the last.
std::uint64_t slide_checksum(std::uint64_t events, std::uint64_t keys, std::uint64_t slices_per_window) {
  const std::uint64_t slice_us = kYsbWindow / slices_per_window;
  const std::uint64_t slices = (events + slice_us - 1) / slice_us;
  std::vector<std::uint32_t> counts(slices * keys, 0);
  for (std::uint64_t i = 0; i < events; ++i) ++counts[i / slice_us * keys + (split_mix(i) & 0x7fffffff) % keys];
  std::vector<std::uint64_t> sums(keys, 0);
  std::uint64_t checksum = 0;
  for (std::uint64_t window = 0; window < slices + slices_per_window - 1; ++window) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      if (window < slices) sums[key] += counts[window * keys + key];
      if (window >= slices_per_window && window - slices_per_window < slices)
        sums[key] -= counts[(window - slices_per_window) * keys + key];
      checksum += sums[key] * (key + 1) * (window + 1);
    }
  }
  return checksum;
}

}  // namespace penstock::bench
