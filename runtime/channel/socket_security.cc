#include "runtime/channel/socket_security.h"

namespace penstock::channel {
namespace {

/// Without a ZapGuard nobody is let in, instead of everybody. zmq.h has the name for builds of draft functions only;
/// the library knows the number always.
constexpr int kZapEnforceDomain = 93;

void ask_the_guard(zmq::socket_t& socket, const std::string& domain) {
  const int one = 1;
  socket.set(zmq::sockopt::zap_domain, domain);
  if (zmq_setsockopt(socket.handle(), kZapEnforceDomain, &one, sizeof one) != 0) throw zmq::error_t();
}

}  // namespace

void secure_server(zmq::socket_t& socket, const std::optional<KeyPair>& keys, const std::string& domain) {
  if (!keys) return;
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
  ask_the_guard(socket, domain);
}

void secure_inbox(zmq::socket_t& socket, const InboxSecurity& security) {
  if (security.keys) return secure_server(socket, security.keys, security.domain);
  if (security.domain.empty()) return;
  socket.set(zmq::sockopt::plain_server, true);
  ask_the_guard(socket, security.domain);
}

void secure_client(zmq::socket_t& socket, const ClientSecurity& security) {
  if (!security.keys && !security.token.empty()) {
    socket.set(zmq::sockopt::plain_username, "worker");
    socket.set(zmq::sockopt::plain_password, security.token);
  }
  if (!security.keys) return;
  socket.set(zmq::sockopt::curve_serverkey, security.server_key);
  socket.set(zmq::sockopt::curve_publickey, security.keys->public_key);
  socket.set(zmq::sockopt::curve_secretkey, security.keys->secret_key);
}

}  // namespace penstock::channel
