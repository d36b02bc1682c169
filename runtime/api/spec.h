/// What a factory is told about the node it is to make.
#pragma once

#include <string>
#include <vector>

#include "runtime/record/schema.h"
#include "topology/plan.h"

namespace penstock::api {

struct TaskPlace {
  int index = 0;  ///< Which parallel instance of the node, from 0.
  int count = 1;  ///< How many there are.
};

/// Borrowed: the Plan outlives everything that is made from it.
struct NodeSpec {
  const topology::PlanNode& node;
  std::vector<const record::Schema*> inputs;  ///< As they travel (pruned), in the order of `from`.
  TaskPlace place;

  /// Schema of a port as it travels.
  const record::Schema& output(int port = topology::kMainPort) const {
    for (const auto& candidate : node.ports)
      if (candidate.port == port) return candidate.schema;
    return node.schema;
  }
};

}  // namespace penstock::api
