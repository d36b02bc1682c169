/// Which input fields a verb reads for what is wanted of its outputs, and what it must compute whoever reads it.
#pragma once

#include <map>
#include <vector>

#include "topology/check/stream.h"
#include "topology/planner/demand.h"

namespace penstock::topology {

/// By index in the node's whole input schema.
std::vector<bool> fields_needed(const CheckedNode& checked, const std::map<int, Demand>& outputs);

/// Marks fields of the main stream that are made even if nobody reads them: those whose expression can fail, lists that
/// decide how many rows there are, results of aggregates.
void add_own_needs(const PlanNode& node, const record::Schema& output, std::vector<bool>& fields);

}  // namespace penstock::topology
