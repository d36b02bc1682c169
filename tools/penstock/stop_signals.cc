#include "tools/penstock/stop_signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "runtime/base/check.h"

namespace penstock::tools {
namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  CHECK(descriptor_ >= 0);
}

StopSignals::~StopSignals() { close(descriptor_); }

bool StopSignals::within(int milliseconds) {
  pollfd waiting{descriptor_, POLLIN, 0};
  return poll(&waiting, 1, milliseconds) > 0;
}

std::optional<StopSignals::Signal> StopSignals::take() {
  signalfd_siginfo info{};
  if (read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return Signal{info.ssi_code == SI_KERNEL};
}

}  // namespace penstock::tools
