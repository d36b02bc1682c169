#include "topology/plan_channels.h"

namespace penstock::topology {

std::vector<std::size_t> chains_of_nodes(const Plan& plan) {
  std::vector<std::size_t> chain_of(plan.nodes.size(), 0);
  for (std::size_t chain = 0; chain < plan.chains.size(); ++chain)
    for (const int node : plan.chains[chain].nodes) chain_of[static_cast<std::size_t>(node)] = chain;
  return chain_of;
}

std::vector<PlanChannel> plan_channels(const Plan& plan) {
  std::vector<PlanChannel> channels;
  const std::vector<std::size_t> chain_of = chains_of_nodes(plan);
  for (std::size_t index = 0; index < plan.edges.size(); ++index) {
    const PlanEdge& edge = plan.edges[index];
    if (edge.chained) continue;
    const std::size_t from_chain = chain_of[static_cast<std::size_t>(edge.from)];
    const std::size_t to_chain = chain_of[static_cast<std::size_t>(edge.to)];
    for (int from = 0; from < plan.chains[from_chain].parallelism; ++from)
      for (int to = 0; to < plan.chains[to_chain].parallelism; ++to)
        if (edge.partitioning != Partitioning::kForward || from == to)
          channels.push_back({index, {from_chain, from}, {to_chain, to}});
  }
  return channels;
}

}  // namespace penstock::topology
