#include "runtime/channel/control_socket.h"

namespace penstock::channel {
namespace {

constexpr int kSilentMs = 10'000;  // What the kernel was given and nobody has acknowledged for so long: broken.
constexpr int kProbeAfterS = 5;
constexpr int kProbeEveryS = 2;
constexpr int kProbes = 3;

}  // namespace

void limit(zmq::socket_t& socket, const ControlLimits& limits) {
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(limits.message_bytes));
  socket.set(zmq::sockopt::handshake_ivl, limits.handshake_ms);
  socket.set(zmq::sockopt::sndhwm, limits.queued_messages);
  socket.set(zmq::sockopt::rcvhwm, limits.queued_messages);
  socket.set(zmq::sockopt::tcp_maxrt, kSilentMs);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, kProbeAfterS);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, kProbeEveryS);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, kProbes);
}

Sent try_send(zmq::socket_t& socket, std::string_view bytes, int flags) {
  while (zmq_send(socket.handle(), bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT) < 0) {
    if (zmq_errno() == EAGAIN) return Sent::kFull;
    if (zmq_errno() == EHOSTUNREACH) return Sent::kGone;
    CHECK(zmq_errno() == EINTR);
  }
  return Sent::kYes;
}

std::optional<std::string> property_of(zmq::message_t& message, const char* name) {
  const char* value = zmq_msg_gets(message.handle(), name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Ready ready(zmq::socket_t& socket) {
  int events = 0;
  std::size_t size = sizeof events;
  while (zmq_getsockopt(socket.handle(), ZMQ_EVENTS, &events, &size) != 0) CHECK(zmq_errno() == EINTR);
  return {(events & ZMQ_POLLIN) != 0, (events & ZMQ_POLLOUT) != 0};
}

}  // namespace penstock::channel
