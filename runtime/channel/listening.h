/// Binding a socket to an address that somebody typed, with errors for people. Not for other folders.
#pragma once

#include <string>

#include "runtime/channel/address.h"
#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

/// Returns what peers connect to. Never takes an ipc path away from a process that listens there, nor a file that is
/// not a socket (libzmq would delete either); only the owner may connect to the path.
/// Codes: bad_address, port_in_use, address_unusable, cannot_listen.
base::Result<std::string> listen_on(zmq::socket_t& socket, const Address& address);

}  // namespace penstock::channel
