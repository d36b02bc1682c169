/// What the C library says of time, and what can be waited for, inside a simulation: event descriptors, which are
/// numbers here, and nothing else.
#include <dlfcn.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "runtime/base/check.h"
#include "tests/sim/dataflow/kernel.h"

using penstock::base::Micros;
using penstock::sim::Kernel;

namespace {

constexpr Micros kWallClock = 1'700'000'000'000'000;  // At the beginning of every simulation.

template <class Function>
Function* real(Function*, const char* name) {
  auto* found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  CHECK(found != nullptr);
  return found;
}

int look(Kernel& kernel, std::span<pollfd> waiting) {
  int ready = 0;
  for (pollfd& one : waiting) {
    one.revents = 0;
    if (!Kernel::is_event(one.fd)) continue;
    if ((one.events & POLLOUT) != 0) one.revents |= POLLOUT;
    if ((one.events & POLLIN) != 0 && kernel.is_signalled(one.fd)) one.revents |= POLLIN;
    ready += one.revents != 0 ? 1 : 0;
  }
  return ready;
}

int wait(Kernel& kernel, std::span<pollfd> waiting, Micros timeout) {
  int ready = look(kernel, waiting);
  if (ready > 0 || timeout == 0) return ready;
  const Micros until = timeout < 0 ? penstock::base::kEndOfTime : kernel.now() + timeout;
  kernel.wait(until, [&] { return (ready = look(kernel, waiting)) > 0; });
  return ready;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  Kernel* kernel = Kernel::running();
  if (kernel == nullptr) {
    static auto* const call = real(&clock_gettime, "clock_gettime");
    return call(clock, time);
  }
  Micros now = Kernel::in_fiber() != nullptr ? kernel->read_clock() : kernel->now();
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now += kWallClock;
  time->tv_sec = now / 1'000'000;
  time->tv_nsec = now % 1'000'000 * 1000;
  return 0;
}

int poll(pollfd* waiting, nfds_t count, int timeout_ms) {
  Kernel* kernel = Kernel::in_fiber();
  if (kernel == nullptr) {
    static auto* const call = real(&poll, "poll");
    return call(waiting, count, timeout_ms);
  }
  return wait(*kernel, {waiting, count}, timeout_ms < 0 ? -1 : Micros{timeout_ms} * 1000);
}

int ppoll(pollfd* waiting, nfds_t count, const timespec* timeout, const sigset_t* signals) {
  Kernel* kernel = Kernel::in_fiber();
  if (kernel == nullptr) {
    static auto* const call = real(&ppoll, "ppoll");
    return call(waiting, count, timeout, signals);
  }
  const Micros length = timeout == nullptr ? -1 : Micros{timeout->tv_sec} * 1'000'000 + (timeout->tv_nsec + 999) / 1000;
  return wait(*kernel, {waiting, count}, length);
}

int eventfd(unsigned count, int flags) noexcept {
  Kernel* kernel = Kernel::in_fiber();
  if (kernel == nullptr) {
    static auto* const call = real(&eventfd, "eventfd");
    return call(count, flags);
  }
  return kernel->make_event();
}

}  // extern "C"
