#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/harness/child.h"
#include "bench/harness/engine_run.h"
#include "bench/harness/report.h"
#include "bench/harness/state_directory.h"
#include "bench/pipeline/benchmarks.h"

namespace penstock::bench {
namespace {

/// Of a running count in memory: a saved record of 32 bytes and two slots, the fewest that a large table has.
constexpr std::uint64_t kBytesAKey = 48;
constexpr std::uint64_t kBudgetsOfState = 3;

struct KeyedRun {
  double load_seconds = 0;  ///< Until every key has been there once.
  Cost cost;                ///< Of the rows that count.
  double peak_rss_mb = 0;
  double peak_own_mb = 0;     ///< Without mapped files; looked at now and then.
  std::uint64_t squares = 0;  ///< Sum of the squares of all counts.
};

/// After every key was there once, as many rows more, until what is in memory is what Zipf's law wants there; then
/// those that count. Each update of a count to n adds 2n - 1 to the sum of squares.
class Updates {
 public:
  Updates(std::uint64_t keys, KeyedRun& run) : keys_(keys), run_(run) {}
  void add(const record::Rows& rows) {
    const auto* n = rows.columns[static_cast<std::size_t>(*rows.schema->index_of("n"))].cells<std::int64_t>();
    for (std::uint32_t row = 0; row < rows.count; ++row)
      run_.squares += 2 * static_cast<std::uint64_t>(n[rows.cell(row)]) - 1;
    rows_ += rows.count;
    if (rows_ - looked_ >= kEvery) {
      looked_ = rows_;
      run_.peak_own_mb = std::max(run_.peak_own_mb, own_memory_mb());
    }
    if (rows_ < keys_) return;
    if (run_.load_seconds == 0) run_.load_seconds = since_start_.elapsed().wall_seconds;
    if (rows_ < 2 * keys_) return;
    if (counted_ == 0) {
      counted_ = rows_;
      since_warm_ = Stopwatch();
    }
    if (rows_ - seen_ < kEvery && rows.count == kFullRun) return;
    seen_ = rows_;
    run_.cost = since_warm_.elapsed();
  }

 private:
  static constexpr std::uint64_t kEvery = 100'000;  ///< Rows between two looks at the clock.
  static constexpr std::uint32_t kFullRun = 1024;
  std::uint64_t keys_;
  KeyedRun& run_;
  std::uint64_t rows_ = 0, seen_ = 0, looked_ = 0, counted_ = 0;
  Stopwatch since_start_, since_warm_;
};

bool count_keys(const Options& options, std::uint64_t rows, std::uint64_t budget, KeyedRun& run) {
  const StateDirectory state("state");
  Updates updates(options.keys, run);
  EngineJob job;
  job.topology = "zipf.yaml";
  job.variables = {{"KEYS", std::to_string(options.keys)},
                   {"COUNT", std::to_string(2 * options.keys + rows)},
                   {"LOG", std::to_string(std::log(static_cast<double>(options.keys)))}};
  job.watch = false;
  job.tally = [&updates](const record::Rows& some) { updates.add(some); };
  if (budget > 0) job.state = state.path();
  job.state_memory = budget;
  EngineCost cost;
  if (!run_engine(job, cost)) return false;
  run.peak_rss_mb = cost.peak_rss_mb;
  return true;
}

using Runs = std::vector<KeyedRun>;

KeyedRun median(Runs runs) {
  std::sort(runs.begin(), runs.end(),
            [](const KeyedRun& a, const KeyedRun& b) { return a.cost.wall_seconds < b.cost.wall_seconds; });
  return runs[(runs.size() - 1) / 2];
}

void print_run(const char* name, const Options& options, std::uint64_t rows, const KeyedRun& run) {
  std::fprintf(stderr,
               "  %-14s %6.2f M rows/s, %6.0f ns of CPU a row; new keys %6.2f M/s; peak resident %6.0f MB, %6.0f "
               "without mapped files\n",
               name, static_cast<double>(rows) / run.cost.wall_seconds / 1e6,
               run.cost.cpu_seconds * 1e9 / static_cast<double>(rows),
               static_cast<double>(options.keys) / run.load_seconds / 1e6, run.peak_rss_mb, run.peak_own_mb);
}

void print_json(const Options& options, std::uint64_t rows, std::uint64_t budget, const KeyedRun& ours,
                const KeyedRun& memory) {
  const auto events = static_cast<double>(rows), keys = static_cast<double>(options.keys);
  JsonLine("state")
      .add("keys", options.keys)
      .add("events", rows)
      .add("state_memory_mb", static_cast<double>(budget) / 1e6)
      .add("rate", events / ours.cost.wall_seconds)
      .add("in_memory_rate", events / memory.cost.wall_seconds)
      .add("ratio", memory.cost.wall_seconds / ours.cost.wall_seconds)
      .add("cpu_ns_per_event", ours.cost.cpu_seconds * 1e9 / events)
      .add("in_memory_cpu_ns_per_event", memory.cost.cpu_seconds * 1e9 / events)
      .add("new_keys_rate", keys / ours.load_seconds)
      .add("in_memory_new_keys_rate", keys / memory.load_seconds)
      .add("peak_rss_mb", ours.peak_rss_mb)
      .add("in_memory_peak_rss_mb", memory.peak_rss_mb)
      .add("peak_own_mb", ours.peak_own_mb)
      .add("in_memory_peak_own_mb", memory.peak_own_mb)
      .print();
}

}  // namespace

int run_state(const Options& options) {
  const std::uint64_t rows = options.events.value_or(options.keys * 2);
  const std::uint64_t budget = options.keys * kBytesAKey / kBudgetsOfState;
  Runs memory, ours;
  for (int i = 0; i < options.repeat; ++i) {
    for (const bool saved : {false, true}) {
      const auto run =
          in_child<KeyedRun>([&](KeyedRun& answer) { return count_keys(options, rows, saved ? budget : 0, answer); });
      if (!run) return 1;
      print_run(saved ? "three budgets" : "in memory", options, rows, *run);
      (saved ? ours : memory).push_back(*run);
    }
  }
  const KeyedRun bounded = median(ours), free = median(memory);
  std::fprintf(
      stderr,
      "state: %llu keys, then as many rows by Zipf's law, then %llu that count, with %.0f MB for state of %.0f MB\n",
      static_cast<unsigned long long>(options.keys), static_cast<unsigned long long>(rows),
      static_cast<double>(budget) / 1e6, static_cast<double>(budget * kBudgetsOfState) / 1e6);
  print_goals(
      {{"rate over that in memory", free.cost.wall_seconds / bounded.cost.wall_seconds, Better::kHigher, 0.2, 0.5}});
  print_json(options, rows, budget, bounded, free);
  const bool right =
      std::all_of(ours.begin(), ours.end(), [&](const KeyedRun& run) { return run.squares == free.squares; });
  if (!right) std::fprintf(stderr, "bench: WRONG RESULT: the counts are not those of the run in memory\n");
  return right ? 0 : 1;
}

}  // namespace penstock::bench
