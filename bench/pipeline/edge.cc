#include <algorithm>
#include <cstdio>
#include <vector>

#include "bench/harness/child.h"
#include "bench/harness/cluster_engine.h"
#include "bench/harness/report.h"
#include "bench/harness/tally_board.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/yardstick/zmq_processes.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kEvents = 50'000'000;
constexpr std::uint64_t kYardstickShare = 5;  // The yardstick sends so much less: it only has to be long enough.
constexpr std::size_t kKeyBytes = 8;

bool engine(const Options& options, std::uint64_t events, PushedMessages& result) {
  OwnTallyBoard board("out");
  ClusterJob job;
  job.topology = "edge.yaml";
  job.variables = {{"COUNT", std::to_string(events)}, {"TEXT", std::string(options.bytes - kKeyBytes, 'x')}};
  job.tcp = options.tcp;
  ClusterCost cost;
  if (!run_cluster(job, cost)) return false;
  result = {board->sinks[0].sum, cost.cost.wall_seconds, cost.cost.cpu_seconds};
  if (result.messages == events) return true;
  std::fprintf(stderr, "bench: WRONG RESULT: %llu of %llu records were counted\n",
               static_cast<unsigned long long>(result.messages), static_cast<unsigned long long>(events));
  return false;
}

double rate(const PushedMessages& run) { return static_cast<double>(run.messages) / run.wall_seconds; }

PushedMessages median(std::vector<PushedMessages> runs) {
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>((runs.size() - 1) / 2);
  std::nth_element(runs.begin(), middle, runs.end(),
                   [](const PushedMessages& a, const PushedMessages& b) { return rate(a) < rate(b); });
  return *middle;
}

void print_side(const char* name, const PushedMessages& run) {
  std::fprintf(stderr, "  %-9s %7.2f M records/s, %6.1f ns of CPU per record\n", name, rate(run) / 1e6,
               run.cpu_seconds * 1e9 / static_cast<double>(run.messages));
}

}  // namespace

int run_edge(const Options& options) {
  const std::uint64_t events = options.events.value_or(kEvents);
  std::vector<PushedMessages> engines, pairs;
  for (int turn = 0; turn <= options.repeat; ++turn) {
    const auto pair = in_child<PushedMessages>([&](PushedMessages& run) {
      return zmq_pushed({2, options.tcp}, std::max<std::uint64_t>(events / kYardstickShare, 1), options.bytes, run);
    });
    if (!pair) return 1;
    pairs.push_back(*pair);
    if (turn == options.repeat) break;
    const auto ours = in_child<PushedMessages>([&](PushedMessages& run) { return engine(options, events, run); });
    if (!ours) return 1;
    engines.push_back(*ours);
  }
  const PushedMessages ours = median(engines), pair = median(pairs);
  const double ratio = rate(ours) / rate(pair);
  std::fprintf(stderr, "edge: %llu records of %llu bytes from one process to another over %s\n",
               static_cast<unsigned long long>(events), static_cast<unsigned long long>(options.bytes),
               options.tcp ? "tcp" : "ipc");
  print_side("engine", ours);
  print_side("zmq pair", pair);
  print_goals({{"M records a second", rate(ours) / 1e6, Better::kHigher, 6, options.tcp ? 10.0 : 20.0},
               {"rate over that of the pair", ratio, Better::kHigher, 2, {}}});
  JsonLine("edge")
      .add("events", events)
      .add("bytes", options.bytes)
      .add("rate", rate(ours))
      .add("yardstick_rate", rate(pair))
      .add("ratio", ratio)
      .add("cpu_ns_per_event", ours.cpu_seconds * 1e9 / static_cast<double>(events))
      .print();
  return 0;
}

}  // namespace penstock::bench
