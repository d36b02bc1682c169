/// How rows get from node to node: how many tasks each node has, how edges spread rows over them, which nodes share
/// tasks.
#pragma once

#include "topology/check/check_topology.h"
#include "topology/loader.h"

namespace penstock::topology {

/// Sets parallelism of every node. What a node cannot have is reported.
void set_parallelism(CheckedTopology& topology, int otherwise, Report& report);

std::vector<PlanEdge> make_edges(const std::vector<PlanNode>& nodes, const std::vector<Link>& links,
                                 bool chain_keyed_edges);
/// Marks edges as chained. Nodes that must run on different workers do not share tasks; a node without a placement
/// stays with the one before it.
std::vector<PlanChain> make_chains(const std::vector<PlanNode>& nodes, std::vector<PlanEdge>& edges);

}  // namespace penstock::topology
