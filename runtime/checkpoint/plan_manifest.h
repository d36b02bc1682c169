/// What a checkpoint's manifest says of the plan whose tasks it holds; its snapshots are added by whoever collects
/// them. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/checkpoint.pb.h"
#include "runtime/base/clock.h"
#include "topology/plan.h"

namespace penstock::checkpoint {

/// What the plan's nodes remember: what state_fit() compares.
std::vector<proto::NodeShape> node_shapes(const topology::Plan& plan);

/// Of which checkpoint.
struct ManifestHead {
  std::string job;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
  base::Micros completed_wall = 0;
  bool last = false;
};
proto::Manifest manifest_of(const topology::Plan& plan, const ManifestHead& head);

}  // namespace penstock::checkpoint
