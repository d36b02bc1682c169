#include <filesystem>

#include "bench/data/generators.h"
#include "bench/harness/fnv.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/contest.h"
#include "bench/pipeline/result_file.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kMegabytes = 200;

/// Sum of the FNV-1a hashes of all lines.
std::uint64_t checksum_of(const ResultFile& file) {
  std::uint64_t sum = 0;
  file.each_line([&](std::string_view line) { sum += fnv1a(line); });
  return sum;
}

bool engine(const std::string& input, std::uint64_t rows, EngineRun& run) {
  const ResultFile out("json");
  EngineJob job;
  job.topology = "json.yaml";
  job.variables = {{"INPUT", input}, {"OUT", out.path()}};
  job.events = rows;
  if (!run_engine(job, run.cost)) return false;
  run.checksum = checksum_of(out);
  return true;
}

bool yardstick(const std::string& input, YardstickRun& run) {
  const ResultFile out("json-loop");
  const Stopwatch stopwatch;
  const JsonSums sums = json_loop(input, out.path());
  run.cost = stopwatch.elapsed();
  run.events = sums.rows;
  run.checksum = checksum_of(out);
  return sums.good;
}

}  // namespace

int run_json(const Options& options) {
  const std::string file = options.file.empty() ? json_lines_file(options.events.value_or(kMegabytes)) : options.file;
  Contest contest;
  contest.bench = "json";
  contest.repeat = options.repeat;
  contest.engine = [&file](std::uint64_t rows, EngineRun& run) { return engine(file, rows, run); };
  contest.yardstick = [&file](YardstickRun& run) { return yardstick(file, run); };
  const auto outcome = hold(contest);
  if (!outcome) return 1;
  const auto megabytes = static_cast<double>(std::filesystem::file_size(file)) / 1e6;
  const double per_core = megabytes / outcome->engine.cost.cost.cpu_seconds;
  print_outcome(*outcome);
  print_goals({{"MB/s in, of one core", per_core, Better::kHigher, 400, 800}, no_allocations(*outcome)});
  json_of(*outcome)
      .add("mb_per_cpu_second", per_core)
      .add("yardstick_mb_per_cpu_second", megabytes / outcome->yardstick.cost.cpu_seconds)
      .print();
  return outcome->right ? 0 : 1;
}

}  // namespace penstock::bench
