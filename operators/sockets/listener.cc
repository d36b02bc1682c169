#include "operators/sockets/listener.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>

namespace penstock::operators {
namespace {

constexpr base::Micros kAway = 500'000;

bool is_exhausted(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

base::Result<void> Listener::open(const std::string& address, api::Context& context) {
  auto socket = listen_on(address);
  if (!socket) return tl::unexpected(socket.error());
  address_ = address;
  socket_ = std::move(*socket);
  context.watch(socket_.get(), false);
  return {};
}

std::optional<Peer> Listener::accept(api::Context& context) {
  if (away_ && context.now() < back_at_) {
    context.wake_at(back_at_);  // The timer before may have been used up by somebody else's.
    return std::nullopt;
  }
  auto peer = accept_from(socket_);
  const int error = errno;
  if (!peer && is_exhausted(error)) {
    look_away(error, context);
  } else if (away_) {
    away_ = false;
    context.watch(socket_.get(), false);
  }
  return peer;
}

void Listener::look_away(int error, api::Context& context) {
  if (!away_) context.unwatch(socket_.get());
  away_ = true;
  back_at_ = context.now() + kAway;
  context.wake_at(back_at_);
  if (told_) return;
  told_ = true;
  spdlog::warn("{}: connections have to wait: {}; raise the limit (ulimit -n) or close some", address_,
               std::strerror(error));
}

}  // namespace penstock::operators
