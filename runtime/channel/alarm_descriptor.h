/// A timerfd: readable once its time has come.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/base/check.h"

namespace penstock::channel {

class AlarmDescriptor {
 public:
  AlarmDescriptor() : descriptor_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    CHECK(descriptor_ >= 0);
  }
  ~AlarmDescriptor() { close(descriptor_); }
  AlarmDescriptor(const AlarmDescriptor&) = delete;
  AlarmDescriptor& operator=(const AlarmDescriptor&) = delete;

  void set(int in_ms) {  ///< 0: never. Forgets a time that has come and was not taken.
    itimerspec when{};
    when.it_value.tv_sec = in_ms / 1000;
    when.it_value.tv_nsec = in_ms % 1000 * 1'000'000L;
    CHECK(timerfd_settime(descriptor_, 0, &when, nullptr) == 0);
  }
  bool take() {  ///< True, once, after the time has come.
    std::uint64_t count = 0;
    return read(descriptor_, &count, sizeof count) > 0;
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace penstock::channel
