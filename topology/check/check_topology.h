/// Schemas flow along the links from sources to sinks and everything is checked against them.
#pragma once

#include <map>
#include <vector>

#include "topology/check/graph.h"
#include "topology/check/stream.h"

namespace penstock::topology {

struct CheckedTopology {
  std::vector<CheckedNode> nodes;              ///< Producers first.
  std::vector<Link> links;                     ///< Between indices of `nodes`.
  std::vector<std::map<int, Stream>> streams;  ///< By node, then port.
};

CheckedTopology check_topology(const Shape& shape, Report& report);

/// Merges streams of one schema; a reader of several gets rows of all. Faults are reported at the second one.
Stream merge_streams(const std::vector<const Stream*>& streams, const std::vector<const YamlNode*>& places,
                     Report& report);

}  // namespace penstock::topology
