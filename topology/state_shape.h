/// What the nodes of a plan remember, in words that can be compared: a checkpoint tells with them what it holds, and a
/// changed topology whether it can read that. Pure.
#pragma once

#include <string>
#include <vector>

#include "topology/plan.h"

namespace penstock::topology {

struct StateShape {
  std::string node;
  std::string kind;  ///< source, operator, sink
  std::string verb;
  std::string shape;  ///< Key types, aggregates with their types, window. Another one cannot read what this one wrote.

  bool operator==(const StateShape&) const = default;
};

/// Of every node that remembers something from one row to the next, in the plan's order.
std::vector<StateShape> state_shapes(const Plan& plan);

}  // namespace penstock::topology
