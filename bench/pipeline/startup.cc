#include <algorithm>
#include <cstdio>

#include "bench/harness/places.h"
#include "bench/harness/report.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/process_run.h"

namespace penstock::bench {
namespace {
constexpr int kRuns = 20;
}  // namespace

int run_startup(const Options&) {
  std::vector<double> milliseconds;
  for (int i = 0; i < kRuns; ++i) {
    const auto run = run_penstock({"run", topology_path("trivial.yaml")});
    if (!run) return 1;
    milliseconds.push_back(run->wall_seconds * 1000);
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const double median = milliseconds[milliseconds.size() / 2];
  std::fprintf(stderr, "startup: `penstock run` of one row, %d times\n", kRuns);
  print_goals({{"ms from start to exit, median", median, Better::kLower, 50, {}}});
  JsonLine("startup")
      .add("runs", std::uint64_t{kRuns})
      .add("median_ms", median)
      .add("min_ms", milliseconds.front())
      .add("max_ms", milliseconds.back())
      .print();
  return 0;
}

}  // namespace penstock::bench
