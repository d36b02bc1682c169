/// `run --workers N`: a coordinator in this process, N worker processes of our own, and the job on them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/penstock/run_outcome.h"
#include "tools/penstock/topology_file.h"
#include "tools/penstock/watched_job.h"

namespace penstock::tools {

struct ClusterRun {
  int workers = 1;
  int slots = 0;  ///< Executors of each; 0: as many as the plan needs, at most one per core.
  bool tcp = false;
  std::string program = "/proc/self/exe";                  ///< What is started as `PROGRAM worker ...`.
  std::function<void(const std::vector<int>&)> started{};  ///< Told the worker processes, where set.
};

/// Runs the job to its end. `watch` is called once, with the job on its way, and returns when it has ended.
RunOutcome run_on_workers(const LoadedFile& file, const TopologyOptions& topology, const ClusterRun& how,
                          const std::function<void(WatchedJob&)>& watch);

}  // namespace penstock::tools
