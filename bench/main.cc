// Runs one benchmark, or lists them; called as `worker`, it is a worker process of one. See bench/README.md.
#include <cstdio>
#include <string_view>
#include <vector>

#include "bench/harness/worker_sink.h"
#include "bench/pipeline/benchmarks.h"
#include "tools/penstock/worker_command_line.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "worker")  // A worker process of a benchmark.
    return penstock::tools::worker_command_line(
        argc, argv, penstock::bench::worker_registry(penstock::bench::tally_board_of_parent()));
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto options = penstock::bench::parse_options(words);
  if (!options) return 2;
  for (const auto& benchmark : penstock::bench::benchmarks())
    if (options->name == benchmark.name) return benchmark.run(*options);
  if (!options->name.empty()) std::fprintf(stderr, "bench: there is no benchmark '%s'\n", options->name.c_str());
  std::fprintf(stderr, "usage: bench/run NAME [options]; --repeat N runs of the engine, the median counts\n");
  for (const auto& benchmark : penstock::bench::benchmarks())
    std::fprintf(stderr, "  %-8s %s\n", benchmark.name, benchmark.summary);
  return options->name.empty() ? 0 : 2;
}
