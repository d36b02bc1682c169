#include <algorithm>
#include <cstdio>

#include "bench/harness/child.h"
#include "bench/harness/engine_run.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/latency_sides.h"

namespace penstock::bench {
namespace {

constexpr int kEngineTurns = 2;

std::int64_t wall_ns() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

/// Latency of the rows that came together is read off one clock reading, as the pair's is for each message.
class DueTimes {
 public:
  DueTimes(const Paced& load, Histogram& latency)
      : warm_up_us_(static_cast<std::int64_t>(load.warm_up_seconds * 1e6)), latency_(latency) {}
  void add(const record::Rows& rows) {
    const std::int64_t now = wall_ns();
    const auto* due = rows.columns[static_cast<std::size_t>(*rows.schema->index_of("due"))].cells<std::int64_t>();
    for (std::uint32_t row = 0; row < rows.count; ++row) {
      const std::int64_t at = due[rows.cell(row)];
      if (seen_++ == 0) first_ = at;
      if (at - first_ >= warm_up_us_) latency_.add(now - at * 1000);
    }
  }
  std::uint64_t seen() const { return seen_; }

 private:
  std::int64_t warm_up_us_;
  std::int64_t first_ = 0;
  std::uint64_t seen_ = 0;
  Histogram& latency_;
};

bool engine(const Paced& load, LatencySample& sample) {
  DueTimes due(load, sample.latency);
  const auto rows = static_cast<std::uint64_t>(load.seconds * static_cast<double>(load.rate));
  EngineJob job;
  job.topology = "latency.yaml";
  job.variables = {{"COUNT", std::to_string(rows)}, {"RATE", std::to_string(load.rate)}};
  job.executors = 2;
  job.chain_keyed_edges = false;
  job.watch = false;
  job.tally = [&due](const record::Rows& run) { due.add(run); };
  EngineCost cost;
  if (!run_engine(job, cost)) return false;
  sample.cpu_seconds = cost.cost.cpu_seconds;
  sample.wall_seconds = cost.cost.wall_seconds;
  if (due.seen() == rows) return true;
  std::fprintf(stderr, "bench: %llu of %llu rows arrived\n", static_cast<unsigned long long>(due.seen()),
               static_cast<unsigned long long>(rows));
  return false;
}

}  // namespace

int run_latency(const Options& options) {
  if (options.processes > 1 || options.load > 0) return run_latency_on_workers(options);
  Paced load;
  load.rate = options.rate;
  load.warm_up_seconds = std::min(load.warm_up_seconds, options.seconds / 20);
  Side ours, pair;
  for (int turn = 0; turn <= kEngineTurns; ++turn) {
    load.seconds = options.seconds / (kEngineTurns + 1);
    if (!pair.add(in_child<LatencySample>([&](LatencySample& s) {
          s = zmq_pair(load);
          return true;
        })))
      return 1;
    load.seconds = options.seconds / kEngineTurns;
    if (turn == kEngineTurns) break;
    if (!ours.add(in_child<LatencySample>([&](LatencySample& s) { return engine(load, s); }))) return 1;
  }
  std::fprintf(stderr, "latency: %llu rows/s for %g s each, from the intended send time\n",
               static_cast<unsigned long long>(options.rate), options.seconds);
  print_side("engine", ours);
  print_side("zmq pair", pair);
  print_goals({{"p50 over that of the pair", ours.us(0.5) / pair.us(0.5), Better::kLower, 1.3, {}},
               {"p99 over that of the pair", ours.us(0.99) / pair.us(0.99), Better::kLower, 1.5, {}},
               {"CPU over that of the pair", ours.cpu_percent() / pair.cpu_percent(), Better::kLower, 1.5, {}}});
  latency_json(options.rate, ours, pair).print();
  return 0;
}

}  // namespace penstock::bench
