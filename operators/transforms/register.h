/// The explicit list of verbs that transform rows. operators/builtin.cc calls it.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::operators {

/// `lookup` reads tables through the formats of `registry`, which must outlive the operators made from it.
void register_transforms(api::Registry& registry);

}  // namespace penstock::operators
