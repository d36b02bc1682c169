#include <cstdio>
#include <filesystem>

#include "bench/data/generators.h"
#include "bench/harness/places.h"
#include "bench/harness/report.h"
#include "bench/pipeline/benchmarks.h"
#include "bench/pipeline/process_run.h"
#include "bench/pipeline/result_file.h"

namespace penstock::bench {
namespace {
constexpr std::uint64_t kEvents = 20'000'000;
}  // namespace

int run_size(const Options& options) {
  const std::uint64_t events = options.events.value_or(kEvents);
  const ResultFile out("size");
  const auto run = run_penstock({"run", topology_path("ysb.yaml"), "--set", "COUNT=" + std::to_string(events), "--set",
                                 "CAMPAIGNS=" + campaigns_file(), "--set", "OUT=" + out.path()});
  if (!run) return 1;
  const std::uint64_t bytes = std::filesystem::file_size(penstock_path());
  std::fprintf(stderr, "size: the binary as built, and `penstock run` of ysb with %llu events\n",
               static_cast<unsigned long long>(events));
  print_goals({{"MB of the binary", static_cast<double>(bytes) / 1e6, Better::kLower, 30, {}},
               {"peak resident MB of ysb", run->peak_rss_mb, Better::kLower, 60, {}}});
  JsonLine("size").add("events", events).add("binary_bytes", bytes).add("peak_rss_mb", run->peak_rss_mb).print();
  return 0;
}

}  // namespace penstock::bench
