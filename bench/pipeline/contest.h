/// The engine against its yardstick: the two take turns, each run in a process of its own, and the medians count.
/// THREAD: the program's main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/harness/engine_run.h"
#include "bench/harness/report.h"

namespace penstock::bench {

struct YardstickRun {
  Cost cost;
  std::uint64_t events = 0;
  std::uint64_t checksum = 0;
  std::uint64_t second = 0;  ///< A further check where one sum would not see every mistake; 0 where there is none.
};
struct EngineRun {
  EngineCost cost;
  std::uint64_t checksum = 0;
  std::uint64_t second = 0;
};

/// Work to be done in a child process. False: failed, and has said why.
using YardstickWork = std::function<bool(YardstickRun&)>;
using EngineWork = std::function<bool(std::uint64_t events, EngineRun&)>;

struct Contest {
  std::string bench;
  int parallelism = 1;
  int repeat = 3;
  YardstickWork yardstick;
  EngineWork engine;
  std::optional<std::uint64_t> published;  ///< The checksum that everybody must get; nullopt: the yardstick's.
};

struct Outcome {
  std::string bench;
  int parallelism = 1;
  YardstickRun yardstick;  ///< Of median CPU time.
  EngineRun engine;        ///< Of median CPU time.
  bool right = false;      ///< Every run of both had the same checksums, and the published one where there is one.

  double events() const { return static_cast<double>(yardstick.events); }
  double rate() const { return events() / engine.cost.cost.wall_seconds; }
  double cpu_ns() const { return engine.cost.cost.cpu_seconds * 1e9 / events(); }
  double yardstick_ns() const { return yardstick.cost.cpu_seconds * 1e9 / events(); }
  double ratio() const { return yardstick_ns() / cpu_ns(); }
  double allocations_per_event() const;
};

/// nullopt: some run failed.
std::optional<Outcome> hold(const Contest& contest);

void print_outcome(const Outcome& outcome);  ///< For people.
JsonLine json_of(const Outcome& outcome);    ///< The published names; the benchmark may add its own.

/// The goal that every contest has. An allocation per frame would be one in a thousand events; what this allows is that
/// a pool or a queue grows by one once in a while.
Goal no_allocations(const Outcome& outcome);

/// `bench --events N` and the like end so: prints it all; the program's exit status.
int conclude(const Outcome& outcome, const std::vector<Goal>& goals);

}  // namespace penstock::bench
