#include "operators/sources/follow_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

namespace penstock::operators {

FollowWatch::~FollowWatch() {
  if (descriptor_ >= 0) close(descriptor_);
}

void FollowWatch::add(const std::vector<std::string>& directories, api::Context& context) {
  if (descriptor_ < 0) {
    descriptor_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor_ < 0) return;  // Out of watches: the look now and then must do.
    context.watch(descriptor_, false);
  }
  for (const std::string& directory : directories)
    inotify_add_watch(descriptor_, directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
}

bool FollowWatch::is_due(api::Context& context) {
  bool due = false;
  alignas(inotify_event) char events[4096];
  while (descriptor_ >= 0 && ::read(descriptor_, events, sizeof events) > 0) due = true;
  if (context.now() >= next_look_) {
    due = true;
    next_look_ = context.now() + kLookEvery;
    context.wake_at(next_look_);
  }
  return due;
}

}  // namespace penstock::operators
