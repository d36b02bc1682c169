#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/contest.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kEvents = 20'000'000;
constexpr std::uint64_t kKeys = 10'000;
constexpr std::int64_t kWindowUs = 10'000'000;
constexpr std::uint64_t kOverlap = 100;  ///< Windows that hold one event, at one every 100 ms.

/// count * (key + 1) * (number of the window + 1); the first window to hold anything has number 0.
void add_results(const record::Rows& rows, std::uint64_t overlap, EngineRun& run) {
  const auto column = [&](const char* name) {
    return rows.columns[static_cast<std::size_t>(*rows.schema->index_of(name))].cells<std::int64_t>();
  };
  const std::int64_t *key = column("key"), *begins = column("begins"), *n = column("n");
  const std::int64_t slice = kWindowUs / static_cast<std::int64_t>(overlap);
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    const std::int64_t number = begins[cell] / slice + static_cast<std::int64_t>(overlap);
    run.checksum += static_cast<std::uint64_t>(n[cell]) * static_cast<std::uint64_t>(key[cell] + 1) *
                    static_cast<std::uint64_t>(number);
  }
}

bool engine(std::uint64_t events, std::uint64_t overlap, EngineRun& run) {
  EngineJob job;
  job.topology = overlap == 1 ? "tumble.yaml" : "slide.yaml";
  job.variables = {{"COUNT", std::to_string(events)}};
  job.events = events;
  job.tally = [&run, overlap](const record::Rows& rows) { add_results(rows, overlap, run); };
  return run_engine(job, run.cost);
}

/// The same events in tumbling windows, by the same engine.
bool tumbling(std::uint64_t events, YardstickRun& run) {
  EngineRun tumbled;
  if (!engine(events, 1, tumbled)) return false;
  run.cost = tumbled.cost.cost;
  run.events = events;
  run.checksum = slide_checksum(events, kKeys, kOverlap);
  return tumbled.checksum == slide_checksum(events, kKeys, 1);
}

}  // namespace

int run_slide(const Options& options) {
  const std::uint64_t events = options.events.value_or(kEvents);
  Contest contest;
  contest.bench = "slide";
  contest.repeat = options.repeat;
  contest.yardstick = [events](YardstickRun& run) { return tumbling(events, run); };
  contest.engine = [](std::uint64_t count, EngineRun& run) { return engine(count, kOverlap, run); };
  const auto outcome = hold(contest);
  if (!outcome) return 1;
  return conclude(*outcome, {{"cost over that of tumbling windows", 1 / outcome->ratio(), Better::kLower, 1.5, 1.2},
                             no_allocations(*outcome)});
}

}  // namespace penstock::bench
