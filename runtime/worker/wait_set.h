/// What an idle executor waits on: its inbox, an event descriptor, what its tasks watch, and a time.
/// THREAD: the executor's; signal() from any.
#pragma once

#include <poll.h>

#include <functional>
#include <span>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/worker/event_descriptor.h"

namespace penstock::worker {

class WaitSet {
 public:
  void signal() const { event_.signal(); }
  /// Who watches: a node of a task.
  struct Watcher {
    int task = 0;
    std::size_t node = 0;
    bool operator==(const Watcher&) const = default;
  };
  void watch(Watcher who, int descriptor, bool for_write);
  void unwatch(Watcher who, int descriptor);
  void forget(int task);  ///< All that its nodes watch.
  bool watches_any() const { return !watches_.empty(); }

  static constexpr std::int64_t kForEver = -1;
  /// Blocks until something is there or `timeout_ns` has passed (0: just looks).
  /// `listens(who)`: false leaves out the descriptors it wants to read (it could not take in what is there).
  /// `ready(task)` is called for each task one of whose descriptors is ready. True: an inbox has something.
  bool wait(std::span<const int> inboxes, std::int64_t timeout_ns, const std::function<bool(Watcher)>& listens,
            const std::function<void(int)>& ready);

 private:
  struct Watch {
    Watcher who;
    int descriptor;
    bool for_write;
  };
  EventDescriptor event_;
  std::vector<Watch> watches_;
  std::vector<pollfd> polled_;
  std::vector<int> polled_task_;
};

}  // namespace penstock::worker
