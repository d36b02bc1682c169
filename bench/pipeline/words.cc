#include "bench/data/generators.h"
#include "bench/harness/fnv.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/contest.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kWords = 10'000'000;

/// Each update adds one to its word's count, so the FNV hashes of all updates add up to what the final counts say, and
/// the sum of 2n - 1 to that of their squares.
void add_updates(const record::Rows& rows, EngineRun& run) {
  const auto* word = rows.columns[static_cast<std::size_t>(*rows.schema->index_of("word"))].cells<record::Text>();
  const auto* n = rows.columns[static_cast<std::size_t>(*rows.schema->index_of("n"))].cells<std::int64_t>();
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    run.checksum += fnv1a(word[cell]);
    run.second += 2 * static_cast<std::uint64_t>(n[cell]) - 1;
  }
}

bool engine(const std::string& file, std::uint64_t lines, EngineRun& run) {
  EngineJob job;
  job.topology = "words.yaml";
  job.variables = {{"INPUT", file}};
  job.events = lines;
  job.tally = [&run](const record::Rows& rows) { add_updates(rows, run); };
  return run_engine(job, run.cost);
}

}  // namespace

int run_words(const Options& options) {
  const std::string file = options.file.empty() ? zipf_words_file(options.events.value_or(kWords)) : options.file;
  Contest contest;
  contest.bench = "words";
  contest.repeat = options.repeat;
  contest.engine = [&file](std::uint64_t words, EngineRun& run) { return engine(file, words / 10, run); };
  contest.yardstick = [&file](YardstickRun& run) {
    const Stopwatch stopwatch;
    const WordSums sums = words_loop(file);
    run.cost = stopwatch.elapsed();
    run.events = sums.words;
    run.checksum = sums.checksum;
    run.second = sums.squares;
    return sums.words > 0;
  };
  const auto outcome = hold(contest);
  if (!outcome) return 1;
  return conclude(*outcome, {{"ratio", outcome->ratio(), Better::kHigher, 0.2, 0.4},
                             {"CPU ns per word (Jet 5.6: 404)", outcome->cpu_ns(), Better::kLower, 105, 52.5},
                             no_allocations(*outcome)});
}

}  // namespace penstock::bench
