/// How far a restored window has fired. All tasks had the same watermark at the barrier, so whoever has a key group
/// now, its windows have fired that far; where some had flushed and others had not, it is the others that have any
/// left.
#pragma once

#include <algorithm>
#include <vector>

#include "operators/runs/saved_number.h"
#include "runtime/base/clock.h"

namespace penstock::operators {

/// kNoTime: not at all.
inline base::Micros fired_until(const api::Restored& restored) {
  std::vector<std::int64_t> fired = saved_numbers(restored, "fired");
  if (fired.empty()) return base::kNoTime;
  std::sort(fired.begin(), fired.end());
  const auto flushed = std::lower_bound(fired.begin(), fired.end(), base::kEndOfTime);
  return flushed == fired.begin() ? base::kEndOfTime : *(flushed - 1);
}

}  // namespace penstock::operators
