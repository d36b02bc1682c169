/// Command line of one benchmark: `bench/run NAME [FILE] [--events N] [--parallelism P] ...`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::bench {

struct Options {
  std::string name;                     ///< Of the benchmark; empty: list them.
  std::string file;                     ///< Input of `words` and `json`; empty: generated.
  std::optional<std::uint64_t> events;  ///< Nullopt: the benchmark's published number.
  int parallelism = 1;
  int repeat = 3;               ///< Engine runs; the median counts. The yardstick runs before, between and after.
  std::uint64_t rate = 10'000;  ///< latency: rows per second.
  double seconds = 20;          ///< latency, idle.
};

/// nullopt: something was wrong and has been said on standard error.
std::optional<Options> parse_options(const std::vector<std::string_view>& words);

}  // namespace penstock::bench
