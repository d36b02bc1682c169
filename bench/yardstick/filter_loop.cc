#include <algorithm>
#include <array>
#include <cstddef>

#include "bench/yardstick/events.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

struct Row {
  std::int64_t value;
  std::int64_t time;
};
constexpr std::uint64_t kBlock = 1024;

}  // namespace

// The row is always written and only kept when it counts: a mispredicted branch costs more than the work it would save.
std::uint64_t filter_loop(std::uint64_t events) {
  std::array<Row, kBlock> rows;
  std::int64_t sum = 0;
  for (std::uint64_t begin = 0; begin < events; begin += kBlock) {
    const std::uint64_t end = std::min(events, begin + kBlock);
    std::size_t kept = 0;
    for (std::uint64_t i = begin; i < end; ++i) {
      const std::uint64_t hash = split_mix(i);
      rows[kept] = {static_cast<std::int64_t>(ad_of(hash)) * 2 + 1, static_cast<std::int64_t>(i)};
      kept += kind_of(hash) == 0 ? 1 : 0;
    }
    for (std::size_t row = 0; row < kept; ++row) sum += rows[row].value;
  }
  return static_cast<std::uint64_t>(sum);
}

}  // namespace penstock::bench
