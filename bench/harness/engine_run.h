/// Runs a topology file in this process the way `penstock run` does (same loader, same LocalJob) and says what it cost.
/// THREAD: the caller's, which watches and is not counted among the engine's allocations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "bench/harness/allocation_count.h"
#include "bench/harness/stopwatch.h"
#include "bench/harness/tally_sink.h"

namespace penstock::worker {
class LocalJob;
}

namespace penstock::bench {

struct EngineJob {
  std::string topology;                          ///< A file of bench/topologies.
  std::map<std::string, std::string> variables;  ///< For ${NAME} in it.
  int parallelism = 1;
  int executors = 0;  ///< 0: as `penstock run` chooses.
  bool chain_keyed_edges = true;
  std::uint64_t events = 0;      ///< Rows the sources will read, to know when the run is half way.
  bool watch = true;             ///< False: leave it alone until it ends (nothing is known of a steady state).
  Tally tally;                   ///< What `discard` does with its rows; empty: nothing.
  std::string state;             ///< As `--state`; empty: nothing is kept.
  std::size_t state_memory = 0;  ///< As `--state-memory`.
  /// Watches the job instead and returns when it has seen enough; the job is then cancelled. Empty: it runs to its end.
  std::function<bool(worker::LocalJob&)> during;
};

/// Allocations between two glances at the running engine, the first past half of the events, the last before 95 %.
struct SteadyState {
  std::uint64_t events = 0;  ///< 0: the run was too short for two glances.
  AllocationCount allocations;
};

struct EngineCost {
  Cost cost;  ///< From reading the file to the end of the job.
  SteadyState steady;
  AllocationCount whole;   ///< Allocations of the run as a whole, set-up included.
  double peak_rss_mb = 0;  ///< Of this process so far.
  std::uint64_t errors = 0;
  std::uint64_t late = 0;
};

/// False when the topology does not load or the job fails; the reason is on standard error.
bool run_engine(const EngineJob& job, EngineCost& cost);

/// Starts the job, lets it settle for half a second, and says what the next `seconds` cost; then stops it.
bool run_idle_engine(const EngineJob& job, double seconds, Cost& cost);

double peak_rss_mb();    ///< VmHWM of this process.
double own_memory_mb();  ///< RssAnon: what is resident now, without files that are mapped.

}  // namespace penstock::bench
