#include "runtime/worker/hang_watch.h"

#include <algorithm>

namespace penstock::worker {
namespace {
constexpr base::Micros kMostALook = 1'000'000;
}

std::optional<std::size_t> HangWatch::look(const std::vector<Pulse>& pulses, base::Micros now) {
  const base::Micros since = looked_ == 0 ? 0 : std::min(now - looked_, kMostALook);
  looked_ = now;
  seen_.resize(pulses.size());
  for (std::size_t i = 0; i < pulses.size(); ++i) {
    Seen& seen = seen_[i];
    const bool moved = pulses[i].parked || pulses[i].turns != seen.turns;
    seen.turns = pulses[i].turns;
    seen.unmoved = moved ? 0 : seen.unmoved + since;
    if (seen.unmoved >= limit_) return i;
  }
  return std::nullopt;
}

}  // namespace penstock::worker
