/// Whether an executor hangs: it neither waits for something nor gets on, and a step that never ends (an operator in an
/// endless loop, a call that never comes back) holds up every task beside it while heartbeats go on. Pure. THREAD: the
/// worker's control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"

namespace penstock::worker {

/// What an executor shows of itself.
struct Pulse {
  std::uint64_t turns = 0;  ///< Goes up as long as it gets on.
  bool parked = true;       ///< It waits, or does not run (yet, or any more).
  std::string at_work_on;   ///< The task whose turn it is.
};

class HangWatch {
 public:
  explicit HangWatch(base::Micros limit) : limit_(limit) {}
  /// Which executor has hung for the limit, in the order of `pulses`. Ask often: of the time since the last look only a
  /// second counts, so that a process that was frozen as a whole is not taken for one that hangs.
  std::optional<std::size_t> look(const std::vector<Pulse>& pulses, base::Micros now);

 private:
  struct Seen {
    std::uint64_t turns = 0;
    base::Micros unmoved = 0;
  };
  base::Micros limit_;
  base::Micros looked_ = 0;
  std::vector<Seen> seen_;
};

}  // namespace penstock::worker
