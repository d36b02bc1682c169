/// Runs a topology file the way `penstock run --workers N` does (same coordinator, same worker processes, which are
/// this program called as `worker`) and says what it cost. What the sinks have seen is on a TallyBoard, made before.
/// THREAD: the caller's, in a process that has no other yet (harness/child.h).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/harness/stopwatch.h"
#include "tools/penstock/watched_job.h"

namespace penstock::bench {

struct ClusterJob {
  std::string topology;                          ///< A file of bench/topologies.
  std::map<std::string, std::string> variables;  ///< For ${NAME} in it.
  int workers = 2;
  int slots = 1;  ///< Executors of each.
  bool tcp = true;
  /// Watches the job and returns when it has been stopped or should just run to its end; empty: leaves it alone.
  std::function<void(tools::WatchedJob&, const std::vector<int>& processes)> during;
};

struct ClusterCost {
  Cost cost;  ///< Wall time of the running job; CPU of all processes, their start and end included.
};

/// False when the topology does not load or the job fails; the reason is on standard error.
bool run_cluster(const ClusterJob& job, ClusterCost& cost);

double resident_mb(int process);  ///< 0: it is not there.

}  // namespace penstock::bench
