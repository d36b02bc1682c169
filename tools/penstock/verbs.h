/// The verbs of `penstock`, one source file each (verb_run.cc, verb_plan.cc ...), and the options each of them takes.
/// A verb returns the exit status, prints results to standard output and everything else to standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace penstock::tools {

/// Shared by the verbs that read a topology.
struct TopologyOptions {
  std::string file;              ///< "-": standard input.
  std::vector<std::string> set;  ///< NAME=value
  std::optional<int> parallelism;
};

enum class Progress : unsigned char { kAuto, kAlways, kNever };

struct RunOptions {
  TopologyOptions topology;
  int executors = 0;               ///< 0: as many as the plan needs, at most one per core.
  int workers = 0;                 ///< Worker processes; 0: everything in this process.
  bool tcp = false;                ///< Between worker processes; otherwise ipc.
  std::string report;              ///< Where the JSON report goes; empty: nowhere.
  std::string state;               ///< Directory of what the next run goes on from; empty: nothing is kept.
  std::uint64_t state_memory = 0;  ///< Bytes for keyed state in memory; 0: no limit.
  bool allow_state_loss = false;   ///< Goes on though a changed topology has no place for some of what is kept.
  Progress progress = Progress::kAuto;
  bool json = false;
};

struct PlanOptions {
  TopologyOptions topology;
  std::string workers;  ///< Where its tasks would go on these; empty: not asked.
  bool dot = false;
  bool json = false;
};

struct FunctionsOptions {
  std::string name;  ///< Part of a name; empty: all.
  bool json = false;
};

int verb_run(const RunOptions& options);
int verb_validate(const TopologyOptions& options, bool json);
int verb_plan(const PlanOptions& options);
int verb_schema();
int verb_functions(const FunctionsOptions& options);
int verb_version(bool json);

}  // namespace penstock::tools
