/// What both ends of a control connection share. Not for other folders.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/channel/control_server.h"
#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

/// Limits, and the kernel's means to notice a peer that is silently gone. No ZMQ_HEARTBEAT_*: libzmq 4.3.4 may abort
/// when one meets a full queue and a reconnect. May throw zmq::error_t.
void limit(zmq::socket_t& socket, const ControlLimits& limits);

enum class Sent : unsigned char { kYes, kFull, kGone };
Sent try_send(zmq::socket_t& socket, std::string_view bytes, int flags);

/// What libzmq knows of a message's sender; nullopt: nothing of this name.
std::optional<std::string> property_of(zmq::message_t& message, const char* name);

/// What libzmq would do now. Asking may swallow an edge of its descriptor: who asks must act on both.
struct Ready {
  bool input = false;
  bool output = false;
};
Ready ready(zmq::socket_t& socket);

}  // namespace penstock::channel
