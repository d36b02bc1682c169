#include "bench/pipeline/contest.h"

#include <algorithm>
#include <cstdio>

#include "bench/harness/child.h"

namespace penstock::bench {
namespace {

double cpu(const YardstickRun& run) { return run.cost.cpu_seconds; }
double cpu(const EngineRun& run) { return run.cost.cost.cpu_seconds; }

template <class Run>
Run median(std::vector<Run> runs) {
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>((runs.size() - 1) / 2);
  std::nth_element(runs.begin(), middle, runs.end(), [](const Run& a, const Run& b) { return cpu(a) < cpu(b); });
  return *middle;
}

bool all_right(const std::vector<YardstickRun>& yardsticks, const std::vector<EngineRun>& engines,
               std::optional<std::uint64_t> published) {
  const std::uint64_t wanted = published.value_or(yardsticks.front().checksum);
  bool right = true;
  for (const auto& run : yardsticks) right = right && run.checksum == wanted;
  for (const auto& run : engines) {
    const bool same = run.checksum == wanted && run.second == yardsticks.front().second;
    if (!same)
      std::fprintf(stderr, "bench: WRONG RESULT: checksum %llu, must be %llu; second check %llu, must be %llu\n",
                   static_cast<unsigned long long>(run.checksum), static_cast<unsigned long long>(wanted),
                   static_cast<unsigned long long>(run.second),
                   static_cast<unsigned long long>(yardsticks.front().second));
    right = right && same;
  }
  return right;
}

}  // namespace

std::optional<Outcome> hold(const Contest& contest) {
  std::vector<YardstickRun> yardsticks;
  std::vector<EngineRun> engines;
  for (int i = 0; i <= contest.repeat; ++i) {
    const auto yardstick = in_child<YardstickRun>(contest.yardstick);
    if (!yardstick) return std::nullopt;
    yardsticks.push_back(*yardstick);
    if (i == contest.repeat) break;
    const auto engine = in_child<EngineRun>([&](EngineRun& run) { return contest.engine(yardstick->events, run); });
    if (!engine) return std::nullopt;
    engines.push_back(*engine);
  }
  Outcome outcome;
  outcome.bench = contest.bench;
  outcome.parallelism = contest.parallelism;
  outcome.right = all_right(yardsticks, engines, contest.published);
  outcome.yardstick = median(std::move(yardsticks));
  outcome.engine = median(std::move(engines));
  return outcome;
}

double Outcome::allocations_per_event() const {
  const SteadyState& steady = engine.cost.steady;
  if (steady.events == 0) return static_cast<double>(engine.cost.whole.own) / events();
  return static_cast<double>(steady.allocations.own) / static_cast<double>(steady.events);
}

void print_outcome(const Outcome& outcome) {
  const EngineCost& cost = outcome.engine.cost;
  std::fprintf(stderr, "%s: %.0f events, parallelism %d\n", outcome.bench.c_str(), outcome.events(),
               outcome.parallelism);
  std::fprintf(stderr, "  engine     %9.2f ns of CPU per event, %8.3f s, %.3g events/s\n", outcome.cpu_ns(),
               cost.cost.wall_seconds, outcome.rate());
  std::fprintf(stderr, "  yardstick  %9.2f ns of CPU per event, ratio %.3f\n", outcome.yardstick_ns(), outcome.ratio());
  if (!allocations_are_counted())
    std::fprintf(stderr, "  allocations are not counted in this build\n");
  else if (cost.steady.events == 0)
    std::fprintf(stderr, "  allocations: %llu in the whole run, which was too short for a steady state\n",
                 static_cast<unsigned long long>(cost.whole.own));
  else
    std::fprintf(stderr,
                 "  allocations in steady state: %llu in %llu events, libzmq's own apart: %llu (whole run: %llu)\n",
                 static_cast<unsigned long long>(cost.steady.allocations.own),
                 static_cast<unsigned long long>(cost.steady.events),
                 static_cast<unsigned long long>(cost.steady.allocations.libzmq),
                 static_cast<unsigned long long>(cost.whole.own));
  std::fprintf(stderr, "  peak resident memory %.1f MB; rows that failed %llu, late %llu\n", cost.peak_rss_mb,
               static_cast<unsigned long long>(cost.errors), static_cast<unsigned long long>(cost.late));
  std::fprintf(stderr, "  checksum %llu: %s\n", static_cast<unsigned long long>(outcome.engine.checksum),
               outcome.right ? "right" : "WRONG");
}

JsonLine json_of(const Outcome& outcome) {
  JsonLine line(outcome.bench);
  line.add("events", outcome.yardstick.events)
      .add("parallelism", static_cast<std::uint64_t>(outcome.parallelism))
      .add("seconds", outcome.engine.cost.cost.wall_seconds)
      .add("rate", outcome.rate())
      .add("cpu_ns_per_event", outcome.cpu_ns())
      .add("yardstick_cpu_ns_per_event", outcome.yardstick_ns())
      .add("ratio", outcome.ratio())
      .add("allocations_per_event", outcome.allocations_per_event())
      .add("peak_rss_mb", outcome.engine.cost.peak_rss_mb)
      .add("checksum", outcome.engine.checksum);
  return line;
}

Goal no_allocations(const Outcome& outcome) {
  return {"allocations per event", outcome.allocations_per_event(), Better::kLower, 1e-6, {}};
}

int conclude(const Outcome& outcome, const std::vector<Goal>& goals) {
  print_outcome(outcome);
  print_goals(goals);
  json_of(outcome).print();
  return outcome.right ? 0 : 1;
}

}  // namespace penstock::bench
