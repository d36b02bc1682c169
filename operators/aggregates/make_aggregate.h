/// From a checked call of an aggregate function to what computes it.
#pragma once

#include <memory>

#include "operators/aggregates/aggregate.h"
#include "runtime/base/error.h"
#include "topology/expression/expression.h"

namespace penstock::operators {

/// `takes_back`: the input has updates, so rows must be removable; functions that cannot do that are refused.
base::Result<std::unique_ptr<Aggregate>> make_aggregate(const topology::AggregateCall& call, bool takes_back);

}  // namespace penstock::operators
