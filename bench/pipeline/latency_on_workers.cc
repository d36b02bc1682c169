#include <poll.h>

#include <algorithm>
#include <cstdio>

#include "bench/harness/child.h"
#include "bench/harness/cluster_engine.h"
#include "bench/harness/tally_board.h"
#include "bench/pipeline/latency_sides.h"
#include "bench/yardstick/zmq_processes.h"

namespace penstock::bench {
namespace {

constexpr int kEngineTurns = 2;
constexpr std::uint64_t kUnlimited = 1'000'000'000;  // Rows a second that are always overdue.
constexpr double kSettleSeconds = 1;

ClusterJob job_of(int processes, std::uint64_t rate, std::uint64_t rows) {
  ClusterJob job;
  job.topology = "latency_cluster.yaml";
  job.workers = std::max(processes, 2);
  job.variables = {{"COUNT", std::to_string(rows)},
                   {"RATE", std::to_string(rate)},
                   {"SINK", "worker-" + std::to_string(job.workers)}};
  return job;
}

bool engine(int processes, const Paced& load, LatencySample& sample) {
  OwnTallyBoard board("out");
  board->warm_up_us = static_cast<std::int64_t>(load.warm_up_seconds * 1e6);
  const auto rows = static_cast<std::uint64_t>(load.seconds * static_cast<double>(load.rate));
  ClusterCost cost;
  if (!run_cluster(job_of(processes, load.rate, rows), cost)) return false;
  sample = {board->sinks[0].latency[0], cost.cost.cpu_seconds, cost.cost.wall_seconds};
  if (board->sinks[0].rows == rows) return true;
  std::fprintf(stderr, "bench: %llu of %llu rows arrived\n", static_cast<unsigned long long>(board->sinks[0].rows),
               static_cast<unsigned long long>(rows));
  return false;
}

/// Rows a second at the sink when the source makes as many as credit allows.
bool highest_rate(int processes, double seconds, double& rate) {
  OwnTallyBoard board("out");
  ClusterJob job = job_of(processes, kUnlimited, kUnlimited * 3600);
  job.during = [&](tools::WatchedJob& watched, const std::vector<int>&) {
    if (watched.wait(-1, static_cast<int>(kSettleSeconds * 1000))) return;
    const std::uint64_t before = board->sinks[0].rows;
    const Stopwatch stopwatch;
    if (watched.wait(-1, static_cast<int>(seconds * 1000))) return;
    rate = static_cast<double>(board->sinks[0].rows - before) / stopwatch.elapsed().wall_seconds;
    watched.request_stop();
  };
  ClusterCost cost;
  return run_cluster(job, cost) && rate > 0;
}

bool take_turns(const Options& options, Paced load, Side& ours, Side& bare) {
  for (int turn = 0; turn <= kEngineTurns; ++turn) {
    load.seconds = options.seconds / (kEngineTurns + 1);
    if (!bare.add(in_child<LatencySample>([&](LatencySample& sample) {
          return zmq_paced({options.processes, true}, load, sample);
        })))
      return false;
    load.seconds = options.seconds / kEngineTurns;
    if (turn < kEngineTurns &&
        !ours.add(in_child<LatencySample>([&](LatencySample& s) { return engine(options.processes, load, s); })))
      return false;
  }
  return true;
}

int at_share_of_highest(const Options& options, Paced load) {
  const int processes = std::max(options.processes, 2);
  const auto highest = in_child<double>([&](double& rate) { return highest_rate(processes, 3, rate); });
  if (!highest) return 1;
  load.rate = static_cast<std::uint64_t>(*highest * options.load);
  load.seconds = options.seconds;
  Side ours;
  if (!ours.add(in_child<LatencySample>([&](LatencySample& sample) { return engine(processes, load, sample); })))
    return 1;
  // Where the machine has others to serve, a share of what it could do before may be more than it can do now.
  const auto still = in_child<double>([&](double& rate) { return highest_rate(processes, 3, rate); });
  if (!still) return 1;
  std::fprintf(stderr,
               "latency: %d processes at %.0f %% of the highest rate, %.2f M rows/s (afterwards %.2f), for %g s\n",
               processes, options.load * 100, *highest / 1e6, *still / 1e6, load.seconds);
  print_side("engine", ours);
  print_goals({{"p99.9, ms", ours.us(0.999) / 1000, Better::kLower, 10, 3.0}});
  latency_json(load.rate, ours, Side{})
      .add("highest_rate", *highest)
      .add("highest_rate_after", *still)
      .add("load", options.load)
      .print();
  return 0;
}

}  // namespace

int run_latency_on_workers(const Options& options) {
  Paced load;
  load.rate = options.rate;
  load.warm_up_seconds = std::min(load.warm_up_seconds, options.seconds / 20);
  if (options.load > 0) return at_share_of_highest(options, load);
  Side ours, bare;
  if (!take_turns(options, load, ours, bare)) return 1;
  std::fprintf(stderr,
               "latency: %llu rows/s through %d processes over tcp for %g s each, from the intended send time\n",
               static_cast<unsigned long long>(options.rate), options.processes, options.seconds);
  print_side("engine", ours);
  print_side("bare zmq", bare);
  const double p50 = ours.us(0.5) / bare.us(0.5), p99 = ours.us(0.99) / bare.us(0.99);
  if (options.processes == 2)
    print_goals({{"p50 over that of the pair", p50, Better::kLower, 1.25, 1.1},
                 {"p99 over that of the pair", p99, Better::kLower, 1.5, 1.25},
                 {"p99.9 over that of the pair", ours.us(0.999) / bare.us(0.999), Better::kLower, 2, 1.5},
                 {"CPU over that of the pair", ours.cpu_percent() / bare.cpu_percent(), Better::kLower, 1.25, 1.0}});
  else
    print_goals({{"p50 over that of the relay", p50, Better::kLower, 1.5, 1.2},
                 {"p99 over that of the relay", p99, Better::kLower, 2, 1.5}});
  latency_json(options.rate, ours, bare).add("processes", static_cast<std::uint64_t>(options.processes)).print();
  return 0;
}

}  // namespace penstock::bench
