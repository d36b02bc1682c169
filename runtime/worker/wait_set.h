/// What an idle executor waits on: its inbox, an event descriptor, what its tasks watch, and a time.
/// THREAD: the executor's; signal() from any.
#pragma once

#include <poll.h>

#include <functional>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/worker/event_descriptor.h"

namespace penstock::worker {

class WaitSet {
 public:
  void signal() const { event_.signal(); }
  void watch(int task, int descriptor, bool for_write);
  void unwatch(int task, int descriptor);

  static constexpr std::int64_t kForEver = -1;
  /// Blocks until something is there or `timeout_ns` has passed (0: just looks).
  /// `reads_count(task)`: false leaves out the descriptors the task wants to read (it is held back anyway).
  /// `ready(task)` is called for each task one of whose descriptors is ready. True: the inbox has something.
  bool wait(int inbox, std::int64_t timeout_ns, const std::function<bool(int)>& reads_count,
            const std::function<void(int)>& ready);

 private:
  struct Watch {
    int task;
    int descriptor;
    bool for_write;
  };
  EventDescriptor event_;
  std::vector<Watch> watches_;
  std::vector<pollfd> polled_;
  std::vector<int> polled_task_;
};

}  // namespace penstock::worker
