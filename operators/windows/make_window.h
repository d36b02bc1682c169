/// From a node with `window` to its operator.
#pragma once

#include <memory>

#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

base::Result<std::unique_ptr<api::Operator>> make_window_aggregate(const api::NodeSpec& spec);

}  // namespace penstock::operators
