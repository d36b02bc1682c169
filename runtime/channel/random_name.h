/// Names that nobody can guess and that are never used twice.
#pragma once

#include <string>

namespace penstock::channel {

std::string random_token();       ///< 128 random bits as 32 characters.
std::string random_routing_id();  ///< 16 random bytes that do not begin with 0: libzmq keeps those for itself.

}  // namespace penstock::channel
