/// The channels of a plan: which task of which chain sends to which. Every process of a job numbers them alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "topology/plan.h"

namespace penstock::topology {

/// One instance of a chain of the plan.
struct PlanTask {
  std::size_t chain = 0;
  int instance = 0;

  auto operator<=>(const PlanTask&) const = default;
};

struct PlanChannel {
  std::size_t edge = 0;  ///< Of the plan; never a chained one.
  PlanTask from;
  PlanTask to;
};

/// By number: edges in the plan's order, then by sending instance, then by receiving instance.
std::vector<PlanChannel> plan_channels(const Plan& plan);

/// For each node the chain that it belongs to.
std::vector<std::size_t> chains_of_nodes(const Plan& plan);

}  // namespace penstock::topology
