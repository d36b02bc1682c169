/// What readers downstream need of each stream: which fields, event time, the old side of updates. Found by walking the
/// graph against the flow until nothing changes.
#pragma once

#include <map>
#include <vector>

#include "topology/check/check_topology.h"

namespace penstock::topology {

struct Demand {
  std::vector<bool> fields;  ///< By index in the whole schema of the stream.
  bool read = false;         ///< Some link reads this stream.
  bool time = false;
  bool old_rows = false;  ///< Updates must come with the row they replace.
  bool changes = false;   ///< A sink shows inserts, updates and deletes.
};

using Demands = std::vector<std::map<int, Demand>>;  ///< By node, then port.

Demands find_demands(const CheckedTopology& topology);

}  // namespace penstock::topology
