#include "runtime/channel/wake_descriptor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/base/check.h"

namespace penstock::channel {

WakeDescriptor::WakeDescriptor()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_ >= 0 && event_ >= 0);
  watch(event_);
}

WakeDescriptor::~WakeDescriptor() {
  close(event_);
  close(epoll_);
}

void WakeDescriptor::watch(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

void WakeDescriptor::forget(int descriptor) { CHECK(epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr) == 0); }

void WakeDescriptor::raise() {
  if (raised_) return;
  raised_ = true;
  const std::uint64_t one = 1;
  CHECK(write(event_, &one, sizeof one) == sizeof one);
}

void WakeDescriptor::lower() {
  if (!raised_) return;
  raised_ = false;
  std::uint64_t count = 0;
  CHECK(read(event_, &count, sizeof count) == sizeof count);
}

}  // namespace penstock::channel
