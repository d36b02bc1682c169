/// An eventfd: wakes a thread that polls it. signal() may be called from any thread, also from a signal handler.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/base/check.h"

namespace penstock::worker {

class EventDescriptor {
 public:
  EventDescriptor() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CHECK(descriptor_ >= 0); }
  ~EventDescriptor() { close(descriptor_); }
  EventDescriptor(const EventDescriptor&) = delete;
  EventDescriptor& operator=(const EventDescriptor&) = delete;

  void signal() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);  // Full means it is readable already.
  }
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(descriptor_, &count, sizeof count);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace penstock::worker
