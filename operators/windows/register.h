/// The explicit list of verbs with windows. operators/builtin.cc calls it after register_transforms.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::operators {

/// `aggregate` with a window is made here; without one, by what the registry holds for it already.
void register_windows(api::Registry& registry);

}  // namespace penstock::operators
