#include "runtime/worker/wait_set.h"

#include <algorithm>

namespace penstock::worker {

void WaitSet::watch(Watcher who, int descriptor, bool for_write) {
  for (Watch& watch : watches_)
    if (watch.who == who && watch.descriptor == descriptor) {
      watch.for_write = for_write;
      return;
    }
  watches_.push_back({who, descriptor, for_write});
}

void WaitSet::unwatch(Watcher who, int descriptor) {
  std::erase_if(watches_, [&](const Watch& watch) { return watch.who == who && watch.descriptor == descriptor; });
}

void WaitSet::forget(int task) {
  std::erase_if(watches_, [&](const Watch& watch) { return watch.who.task == task; });
}

bool WaitSet::wait(std::span<const int> inboxes, std::int64_t timeout_ns, const std::function<bool(Watcher)>& listens,
                   const std::function<void(int)>& ready) {
  polled_.clear();
  polled_task_.clear();
  polled_.push_back({event_.get(), POLLIN, 0});
  for (const int inbox : inboxes) polled_.push_back({inbox, POLLIN, 0});
  for (const Watch& watch : watches_) {
    if (!watch.for_write && !listens(watch.who)) continue;
    polled_.push_back({watch.descriptor, static_cast<short>(watch.for_write ? POLLOUT : POLLIN), 0});
    polled_task_.push_back(watch.who.task);
  }
  const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  if (ppoll(polled_.data(), polled_.size(), timeout_ns == kForEver ? nullptr : &timeout, nullptr) <= 0) return false;
  if (polled_[0].revents != 0) event_.clear();
  const std::size_t first_watch = 1 + inboxes.size();
  for (std::size_t i = first_watch; i < polled_.size(); ++i)
    if (polled_[i].revents != 0) ready(polled_task_[i - first_watch]);
  return std::any_of(polled_.begin() + 1, polled_.begin() + static_cast<std::ptrdiff_t>(first_watch),
                     [](const pollfd& inbox) { return inbox.revents != 0; });
}

}  // namespace penstock::worker
