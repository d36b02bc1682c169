#include "tools/penstock/coordinator_access.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "runtime/base/check.h"
#include "runtime/channel/key_file.h"

namespace penstock::tools {
namespace {

constexpr int kTellEveryMs = 1'000;

int hangup_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  const int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  CHECK(descriptor >= 0);
  return descriptor;
}

}  // namespace

CoordinatorAccess::CoordinatorAccess(channel::KeyPair keys, std::string access_file)
    : keys_(std::move(keys)), access_file_(std::move(access_file)), hangup_(hangup_descriptor()) {}

CoordinatorAccess::~CoordinatorAccess() {
  stop_.signal();
  if (keeper_.joinable()) keeper_.join();
  close(hangup_);
}

base::Result<std::unique_ptr<CoordinatorAccess>> CoordinatorAccess::open(channel::TransportContext& transport,
                                                                         const std::string& key_file,
                                                                         const std::string& access_file) {
  auto keys = channel::load_key_file(key_file);
  if (!keys) return tl::unexpected(keys.error());
  std::unique_ptr<CoordinatorAccess> made(new CoordinatorAccess(std::move(*keys), access_file));
  const auto listed = made->admission_.load(access_file);
  if (!listed) return tl::unexpected(listed.error());
  spdlog::info("{} peers are in the access file {}", *listed, access_file);
  auto guard = channel::ZapGuard::start(transport, made->admission_);
  if (!guard) return tl::unexpected(guard.error());
  made->guard_ = std::move(*guard);
  made->keeper_ = std::thread([keeper = made.get()] { keeper->keep(); });
  return made;
}

void CoordinatorAccess::keep() {
  for (;;) {
    pollfd waiting[2] = {{stop_.get(), POLLIN, 0}, {hangup_, POLLIN, 0}};
    poll(waiting, 2, kTellEveryMs);
    if ((waiting[0].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (read(hangup_, &info, sizeof info) > 0) reload();
    tell_denied();
  }
}

void CoordinatorAccess::reload() {
  if (const auto listed = admission_.load(access_file_))
    spdlog::info("{} peers are in the access file {} now", *listed, access_file_);
  else
    spdlog::error("the access file could not be read again, and counts as it was: {} [{}]", listed.error().text,
                  listed.error().code);
}

/// At most the latest of each second: whoever tries without end does not fill the log.
void CoordinatorAccess::tell_denied() {
  const auto denied = guard_->take_denied();
  if (denied.empty()) return;
  const auto& last = denied.back();
  spdlog::warn("a peer from {} was not let in: {}{}", last.host.empty() ? "this host" : last.host,
               last.public_key.empty() ? "it proved no key" : "its public key is not listed: " + last.public_key,
               denied.size() > 1 ? " (and others)" : "");
}

}  // namespace penstock::tools
