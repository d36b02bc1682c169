/// Makes the nodes of a plan from checked nodes: only the streams and fields that somebody reads, expressions
/// renumbered.
#pragma once

#include <vector>

#include "topology/planner/demand.h"

namespace penstock::topology {

/// In the order of `topology.nodes`. `shape_names` are the streams' names as in the file.
std::vector<PlanNode> narrow_nodes(const CheckedTopology& topology, const Demands& demands);

}  // namespace penstock::topology
