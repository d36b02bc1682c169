#include "runtime/channel/socket_security.h"

namespace penstock::channel {
namespace {

/// Without a ZapGuard nobody is let in, instead of everybody. zmq.h has the name for builds of draft functions only;
/// the library knows the number always.
constexpr int kZapEnforceDomain = 93;

}  // namespace

void secure_server(zmq::socket_t& socket, const std::optional<KeyPair>& keys, const std::string& domain) {
  if (!keys) return;
  const int one = 1;
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
  socket.set(zmq::sockopt::zap_domain, domain);
  if (zmq_setsockopt(socket.handle(), kZapEnforceDomain, &one, sizeof one) != 0) throw zmq::error_t();
}

void secure_client(zmq::socket_t& socket, const ClientSecurity& security) {
  if (!security.keys) return;
  socket.set(zmq::sockopt::curve_serverkey, security.server_key);
  socket.set(zmq::sockopt::curve_publickey, security.keys->public_key);
  socket.set(zmq::sockopt::curve_secretkey, security.keys->secret_key);
}

}  // namespace penstock::channel
