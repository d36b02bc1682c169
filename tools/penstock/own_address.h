/// Under which address other hosts reach this one.
#pragma once

#include <string>

#include "runtime/base/error.h"

namespace penstock::tools {

/// "tcp://10.0.0.7": the own address of the route to `coordinator` ("tcp://host:port"). Loopback where that is on this
/// host; "tcp://127.0.0.1" for an ipc address. Sends nothing.
base::Result<std::string> address_towards(const std::string& coordinator);

}  // namespace penstock::tools
