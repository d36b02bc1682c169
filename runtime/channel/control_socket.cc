#include "runtime/channel/control_socket.h"

namespace penstock::channel {
namespace {

constexpr int kSilentMs = 10'000;  // What the kernel was given and nobody has acknowledged for so long: broken.
constexpr int kProbeAfterS = 5;
constexpr int kProbeEveryS = 2;
constexpr int kProbes = 3;
/// Without a ZapGuard nobody is let in, instead of everybody. zmq.h has the name for builds of draft functions only;
/// the library knows the number always.
constexpr int kZapEnforceDomain = 93;

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

void secure(zmq::socket_t& socket, const ServerSecurity& security, const std::string& domain) {
  if (!security.keys) return;
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, security.keys->secret_key);
  socket.set(zmq::sockopt::zap_domain, domain);
  const int one = 1;
  if (zmq_setsockopt(socket.handle(), kZapEnforceDomain, &one, sizeof one) != 0) throw zmq::error_t();
}

void secure(zmq::socket_t& socket, const ClientSecurity& security) {
  if (!security.keys) return;
  socket.set(zmq::sockopt::curve_serverkey, security.server_key);
  socket.set(zmq::sockopt::curve_publickey, security.keys->public_key);
  socket.set(zmq::sockopt::curve_secretkey, security.keys->secret_key);
}

Sent try_send(zmq::socket_t& socket, std::string_view bytes, int flags) {
  while (zmq_send(socket.handle(), bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT) < 0) {
    if (zmq_errno() == EAGAIN) return Sent::kFull;
    if (zmq_errno() == EHOSTUNREACH) return Sent::kGone;
    CHECK(zmq_errno() == EINTR);
  }
  return Sent::kYes;
}

bool has_input(zmq::socket_t& socket) {
  int events = 0;
  std::size_t size = sizeof events;
  while (zmq_getsockopt(socket.handle(), ZMQ_EVENTS, &events, &size) != 0) CHECK(zmq_errno() == EINTR);
  return (events & ZMQ_POLLIN) != 0;
}

}  // namespace penstock::channel
