/// From a checked topology to the Plan that runs.
#pragma once

#include <optional>

#include "topology/check/check_topology.h"
#include "topology/loader.h"

namespace penstock::topology {

/// nullopt: the report has at least one error, from before or from planning.
std::optional<Plan> make_plan(CheckedTopology topology, const Shape& shape, const LoadOptions& options, Report& report);

}  // namespace penstock::topology
