/// The formats of this build, by name.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::operators {
void register_formats(api::Registry& registry);
}  // namespace penstock::operators
