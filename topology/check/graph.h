/// Who reads whom: the names under `from` resolved to nodes and ports, in an order in which producers come first.
#pragma once

#include <vector>

#include "topology/check/shape.h"

namespace penstock::topology {

struct Link {
  int from = 0;  ///< Index in Shape::nodes.
  int port = kMainPort;
  int to = 0;
  int input = 0;                    ///< Position in the reader's `from`.
  const YamlNode* place = nullptr;  ///< Where the reader names the stream.
};

struct Graph {
  std::vector<Link> links;
  std::vector<int> order;  ///< Nodes, producers first. Nodes in or behind a cycle are left out (reported).
};

/// Names that lead nowhere, cycles, topologies without sinks: reported.
Graph link_nodes(const Shape& shape, Report& report);

/// "rides", "rides.errors", "routed.long".
std::string stream_name(const NodeShape& node, int port);

}  // namespace penstock::topology
