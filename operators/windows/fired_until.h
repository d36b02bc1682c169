/// How far a restored window has fired. With as many tasks each goes on where it was: they may have been at different
/// times, as an idle partition that comes back is heard of by whoever gets its rows. Dealt out anew, a key group's
/// windows must have fired as far as those of any other; where some tasks had flushed and others had not, it is the
/// others that have any left.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "operators/runs/saved_number.h"
#include "runtime/base/clock.h"
#include "runtime/base/error.h"

namespace penstock::operators {

/// kNoTime: not at all. `by_arrival`: times are those of clocks, which no two tasks look at in the same moment; the
/// last of them counts. Code cannot_rescale: tasks were at different times, and are not the same now.
inline base::Result<base::Micros> fired_until(const api::Restored& restored, bool by_arrival) {
  if (restored.same_tasks()) return own_number(restored, "fired").value_or(base::kNoTime);
  std::vector<std::int64_t> fired = saved_numbers(restored, "fired");
  if (fired.empty()) return base::kNoTime;
  std::sort(fired.begin(), fired.end());
  const auto flushed = std::lower_bound(fired.begin(), fired.end(), base::kEndOfTime);
  if (flushed == fired.begin()) return base::kEndOfTime;
  const base::Micros last = *(flushed - 1);
  if (by_arrival || fired.front() == last) return last;
  return base::fail("cannot_rescale",
                    "when the checkpoint was taken the tasks of this window were at different times, as when an idle "
                    "input comes back, so its keys cannot be dealt out anew; go on from it at the parallelism it was "
                    "taken at, " +
                        std::to_string(restored.tasks.size()) + ", or from another checkpoint");
}

}  // namespace penstock::operators
