#include <cstdio>

#include "bench/data/generators.h"
#include "bench/harness/cluster_engine.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/contest.h"
#include "bench/pipeline/result_file.h"
#include "bench/yardstick/yardstick.h"
#include "runtime/base/time_text.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kPublishedEvents = 100'000'000;
constexpr std::uint64_t kPublished = 9258098063;
constexpr base::Micros kWindow = 10'000'000;

void add_row(const nlohmann::json& row, EngineRun& run) {
  const auto begins = base::parse_timestamp(row.at("begins").get<std::string>());
  const auto window = static_cast<std::uint64_t>(begins.value_or(-kWindow) / kWindow);
  run.checksum += row.at("views").get<std::uint64_t>() * (row.at("campaign").get<std::uint64_t>() + 1) * (window + 1);
}

bool engine(std::uint64_t events, int parallelism, const std::string& campaigns, EngineRun& run) {
  const ResultFile out("ysb");
  EngineJob job;
  job.topology = "ysb.yaml";
  job.variables = {{"COUNT", std::to_string(events)}, {"CAMPAIGNS", campaigns}, {"OUT", out.path()}};
  job.parallelism = parallelism;
  job.events = events;
  return run_engine(job, run.cost) && out.each_row([&](const nlohmann::json& row) { add_row(row, run); });
}

/// The keyed edge crosses from one worker process to the other.
bool engine_on_workers(std::uint64_t events, const std::string& campaigns, EngineRun& run) {
  const ResultFile out("ysb");
  ClusterJob job;
  job.topology = "ysb_cluster.yaml";
  job.variables = {{"COUNT", std::to_string(events)}, {"CAMPAIGNS", campaigns}, {"OUT", out.path()}};
  ClusterCost cost;
  if (!run_cluster(job, cost)) return false;
  run.cost.cost = cost.cost;
  return out.each_row([&](const nlohmann::json& row) { add_row(row, run); });
}

std::optional<Outcome> contest_at(int parallelism, const Options& options) {
  const std::uint64_t events = options.events.value_or(kPublishedEvents);
  const std::string campaigns = campaigns_file();
  Contest contest;
  contest.bench = "ysb";
  contest.parallelism = parallelism;
  contest.repeat = options.repeat;
  contest.engine = [=, on_workers = options.workers > 0](std::uint64_t count, EngineRun& run) {
    return on_workers ? engine_on_workers(count, campaigns, run) : engine(count, parallelism, campaigns, run);
  };
  contest.yardstick = [events](YardstickRun& run) {
    const Stopwatch stopwatch;
    run.checksum = ysb_loop(events);
    run.cost = stopwatch.elapsed();
    run.events = events;
    return true;
  };
  if (events == kPublishedEvents) contest.published = kPublished;
  return hold(contest);
}

}  // namespace

namespace {

int run_ysb_on_workers(const Options& options) {
  const auto outcome = contest_at(1, options);
  if (!outcome) return 1;
  const double per_core = outcome->events() / outcome->engine.cost.cost.cpu_seconds;
  std::fprintf(stderr, "ysb: %.0f events, %d worker processes\n  engine %.2f ns of CPU per event, %.3g events/s\n",
               outcome->events(), options.workers, outcome->cpu_ns(), outcome->rate());
  std::fprintf(stderr, "  checksum %llu: %s\n", static_cast<unsigned long long>(outcome->engine.checksum),
               outcome->right ? "right" : "WRONG");
  print_goals({{"M events a second per core used", per_core / 1e6, Better::kHigher, 4, 8.0}});
  json_of(*outcome)
      .add("workers", static_cast<std::uint64_t>(options.workers))
      .add("events_per_core_second", per_core)
      .print();
  return outcome->right ? 0 : 1;
}

}  // namespace

int run_ysb(const Options& options) {
  if (options.workers > 0) return run_ysb_on_workers(options);
  const auto outcome = contest_at(options.parallelism, options);
  if (!outcome) return 1;
  std::vector<Goal> goals = {no_allocations(*outcome),
                             {"peak resident MB", outcome->engine.cost.peak_rss_mb, Better::kLower, 60, {}}};
  if (options.parallelism == 1) {
    goals.push_back({"ratio", outcome->ratio(), Better::kHigher, 0.1, 0.24});
    goals.push_back({"CPU ns per event (Jet 5.6: 54)", outcome->cpu_ns(), Better::kLower, 24, 10});
    return conclude(*outcome, goals);
  }
  const auto alone = contest_at(1, options);
  if (!alone) return 1;
  const double speed_up = outcome->rate() / alone->rate();
  if (options.parallelism == 2)
    goals.push_back({"rate over that of parallelism 1", speed_up, Better::kHigher, 1.6, {}});
  print_outcome(*alone);
  print_outcome(*outcome);
  print_goals(goals);
  json_of(*outcome).add("speed_up", speed_up).print();
  return outcome->right && alone->right ? 0 : 1;
}

}  // namespace penstock::bench
