/// Plans for simulated jobs: what they do with rows does not matter, only how many tasks they have and where.
#pragma once

#include <memory>
#include <vector>

#include "topology/plan.h"

namespace penstock::sim {

/// Made once: loading a topology for each seed would take most of the time.
const std::vector<std::shared_ptr<const topology::Plan>>& sim_plans();

}  // namespace penstock::sim
