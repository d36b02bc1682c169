#include "runtime/checkpoint/plan_manifest.h"

#include "runtime/base/limits.h"
#include "topology/state_shape.h"

namespace penstock::checkpoint {

std::vector<proto::NodeShape> node_shapes(const topology::Plan& plan) {
  std::vector<proto::NodeShape> shapes;
  for (const topology::StateShape& state : topology::state_shapes(plan)) {
    proto::NodeShape& shape = shapes.emplace_back();
    shape.set_node(state.node);
    shape.set_kind(state.kind);
    shape.set_verb(state.verb);
    shape.set_shape(state.shape);
  }
  return shapes;
}

proto::Manifest manifest_of(const topology::Plan& plan, const ManifestHead& head) {
  proto::Manifest manifest;
  manifest.set_job(head.job);
  manifest.set_name(plan.name);
  manifest.set_epoch(head.epoch);
  manifest.set_attempt(head.attempt);
  manifest.set_completed_us(head.completed_wall);
  manifest.set_last(head.last);
  manifest.set_key_groups(base::kKeyGroups);
  for (proto::NodeShape& shape : node_shapes(plan)) *manifest.add_nodes() = std::move(shape);
  for (const topology::PlanChain& chain : plan.chains) {
    proto::ChainShape& shape = *manifest.add_chains();
    shape.set_parallelism(static_cast<std::uint32_t>(chain.parallelism));
    for (const int node : chain.nodes) shape.add_nodes(plan.nodes[static_cast<std::size_t>(node)].name);
  }
  return manifest;
}

}  // namespace penstock::checkpoint
