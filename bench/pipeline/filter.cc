#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/contest.h"
#include "bench/pipeline/result_file.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kPublishedEvents = 100'000'000;
constexpr std::uint64_t kPublished = 33328835225;

bool engine(std::uint64_t events, EngineRun& run) {
  const ResultFile out("filter");
  EngineJob job;
  job.topology = "filter.yaml";
  job.variables = {{"COUNT", std::to_string(events)}, {"OUT", out.path()}};
  job.events = events;
  return run_engine(job, run.cost) &&
         out.each_row([&](const nlohmann::json& row) { run.checksum += row.at("total").get<std::uint64_t>(); });
}

}  // namespace

int run_filter(const Options& options) {
  const std::uint64_t events = options.events.value_or(kPublishedEvents);
  Contest contest;
  contest.bench = "filter";
  contest.repeat = options.repeat;
  contest.engine = engine;
  contest.yardstick = [events](YardstickRun& run) {
    const Stopwatch stopwatch;
    run.checksum = filter_loop(events);
    run.cost = stopwatch.elapsed();
    run.events = events;
    return true;
  };
  if (events == kPublishedEvents) contest.published = kPublished;
  const auto outcome = hold(contest);
  if (!outcome) return 1;
  return conclude(*outcome, {{"ratio", outcome->ratio(), Better::kHigher, 0.25, 0.5},
                             {"CPU ns per event", outcome->cpu_ns(), Better::kLower, 16, 8},
                             no_allocations(*outcome)});
}

}  // namespace penstock::bench
