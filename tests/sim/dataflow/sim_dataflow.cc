/// sim_dataflow --seeds N --from S [--trace]: N seeds from S on. The first that fails is printed, and how to replay it.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/sim/dataflow/site.h"

namespace {

struct Totals {
  std::uint64_t failed_jobs = 0, attempts = 0, deaths = 0, lost = 0, parts = 0;
};

/// Threads of a run that is broken off may still be in its middle, so nothing more is cleared up.
[[noreturn]] void leave(std::uint64_t seed, const std::string& broken) {
  fmt::print("seed {} fails {}\n  again, line by line: sim_dataflow --from {} --trace\n", seed, broken, seed);
  std::fflush(stdout);
  _exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 1;
  std::uint64_t from = 1;
  bool trace = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--trace") {
      trace = true;
    } else if ((word == "--seeds" || word == "--from") && i + 1 < argc) {
      (word == "--seeds" ? seeds : from) = std::strtoull(argv[++i], nullptr, 10);
    } else {
      fmt::print(stderr, "usage: sim_dataflow [--seeds N] [--from SEED] [--trace]\n");
      return 2;
    }
  }
  const std::string directory = fmt::format("/dev/shm/penstock-sim-{}", getpid());
  Totals totals;
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    penstock::sim::Site site(seed, trace, directory);
    const penstock::sim::Outcome outcome = site.run();
    if (!outcome.broken.empty()) leave(seed, outcome.broken);
    totals.failed_jobs += outcome.job_failed ? 1 : 0;
    totals.attempts += outcome.attempts;
    totals.deaths += outcome.deaths;
    totals.lost += outcome.changes_lost;
    totals.parts += outcome.parts;
  }
  fmt::print(
      "{} seeds from {} on: all held ({} attempts, {} deaths, {} changes of files lost to power cuts, {} parts shown, "
      "{} "
      "jobs given up)\n",
      seeds, from, totals.attempts, totals.deaths, totals.lost, totals.parts, totals.failed_jobs);
  return 0;
}
