/// sim_control --seeds N --from S [--trace]: N seeds from S on. The first that fails is printed, and how to replay it.
#include <fmt/core.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/sim/sim_world.h"

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
      fmt::print(stderr, "usage: sim_control [--seeds N] [--from SEED] [--trace]\n");
      return 2;
    }
  }
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    const std::string broken = penstock::sim::SimWorld(seed, trace).run();
    if (broken.empty()) continue;
    fmt::print("seed {} fails {}\n  again, message by message: sim_control --from {} --trace\n", seed, broken, seed);
    return 1;
  }
  fmt::print("{} seeds from {} on: all held\n", seeds, from);
  return 0;
}
