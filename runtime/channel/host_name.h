/// Host names become IP addresses here and not in libzmq, which would ask the resolver in its I/O thread and stop all
/// traffic of the process meanwhile.
#pragma once

#include "runtime/channel/address.h"

namespace penstock::channel {

/// The same address with a number for the host. May wait for the resolver. Code host_unknown.
base::Result<Address> resolve(const Address& address);

}  // namespace penstock::channel
