// Runs one benchmark, or lists them. See bench/README.md.
#include <cstdio>
#include <string_view>
#include <vector>

#include "bench/pipeline/benchmarks.h"

int main(int argc, char** argv) {
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
