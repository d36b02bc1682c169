/// What `top` and `submit --attach` show: the workers, and each job that runs with a line per node. Pure.
#pragma once

#include <vector>

#include "tools/penstock/cluster_tables.h"

namespace penstock::tools {

/// One look at the whole of a cluster.
struct ClusterLook {
  std::string address;  ///< Of the coordinator.
  proto::WorkerList workers;
  proto::JobList jobs;
  std::vector<proto::JobStatus> running;  ///< Those of `jobs` that are not over.
};

/// At most `height` lines, none wider than `width`. Of jobs that are over only the newest few are named.
Lines top_lines(const ClusterLook& look, std::size_t width = kAnyWidth, std::size_t height = kAnyWidth);
/// One job and its nodes.
Lines attached_lines(const proto::JobStatus& status, std::size_t width = kAnyWidth, std::size_t height = kAnyWidth);

}  // namespace penstock::tools
