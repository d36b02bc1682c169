/// A Plan for people and programs: what `penstock plan` prints.
#pragma once

#include <string>

#include "topology/plan.h"

namespace penstock::topology {

std::string plan_as_text(const Plan& plan);  ///< Nodes with what they make and who takes it, then tasks, then notes.
std::string plan_as_dot(const Plan& plan);   ///< For Graphviz; nodes that share tasks stand in one box.
std::string plan_as_json(const Plan& plan);

/// Words that all three use.
std::string to_string(Partitioning partitioning);
std::string to_string(Delivery delivery);
std::string to_string(OnError on_error);
std::string to_string(NodeKind kind);
std::string placement_text(const PlanPlacement& placement);  ///< "edge-1, edge-2" or "zone=core"
std::string schema_text(const record::Schema& schema);       ///< "id: int64!, tags: [string]"
std::string key_text(const std::vector<int>& key, const record::Schema& schema);

}  // namespace penstock::topology
