/// `run --workers N`: a coordinator in this process, N worker processes of our own, and the job on them. A worker that
/// dies is started again, and the job goes on from its last checkpoint.
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
  std::string state{};                     ///< Directory of what the next run goes on from; empty: a private one.
  bool allow_state_loss = false;           ///< With `state`, as RunState::How.
  std::uint64_t state_memory = 0;          ///< Bytes for keyed state in memory, of all workers together; 0: no limit.
  std::string program = "/proc/self/exe";  ///< What is started as `PROGRAM worker ...`.
  std::function<void(const std::vector<int>&)> started{};  ///< Told the worker processes, where set.
};

/// Runs the job to its end. `watch` is called once, with the job on its way, and returns when it has ended.
RunOutcome run_on_workers(const LoadedFile& file, const TopologyOptions& topology, const ClusterRun& how,
                          const std::function<void(WatchedJob&)>& watch);

}  // namespace penstock::tools
