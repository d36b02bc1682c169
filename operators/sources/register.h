/// The sources of this build, by connector key.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::operators {
void register_sources(api::Registry& registry);
}  // namespace penstock::operators
