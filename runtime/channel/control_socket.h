/// What both ends of a control connection share. Not for other folders.
#pragma once

#include <string>
#include <string_view>

#include "runtime/channel/control_server.h"
#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

/// Limits, and the kernel's means to notice a peer that is silently gone. No ZMQ_HEARTBEAT_*: libzmq 4.3.4 may abort
/// when one meets a full queue and a reconnect. May throw zmq::error_t.
void limit(zmq::socket_t& socket, const ControlLimits& limits);

/// CURVE, where there are keys. May throw zmq::error_t. A server admits nobody without a ZapGuard in this context.
void secure(zmq::socket_t& socket, const ServerSecurity& security, const std::string& domain);
void secure(zmq::socket_t& socket, const ClientSecurity& security);

enum class Sent : unsigned char { kYes, kFull, kGone };
Sent try_send(zmq::socket_t& socket, std::string_view bytes, int flags);

bool has_input(zmq::socket_t& socket);  ///< Asks libzmq, which may swallow an edge of its descriptor.

}  // namespace penstock::channel
