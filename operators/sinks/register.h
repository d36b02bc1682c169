/// The sinks of this build, by connector key.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::operators {
void register_sinks(api::Registry& registry);
}  // namespace penstock::operators
