/// CURVE on a socket, where there are keys; PLAIN, where a token stands for them. May throw zmq::error_t. Not for other
/// folders.
#pragma once

#include <optional>
#include <string>

#include "runtime/channel/security.h"
#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

/// A binding socket. Lets in whom the context's ZapGuard lets into `domain`; nobody without a guard.
void secure_server(zmq::socket_t& socket, const std::optional<KeyPair>& keys, const std::string& domain);
/// A worker's inbox.
void secure_inbox(zmq::socket_t& socket, const InboxSecurity& security);
/// A connecting socket. With keys it talks to nobody but the holder of security.server_key.
void secure_client(zmq::socket_t& socket, const ClientSecurity& security);

}  // namespace penstock::channel
