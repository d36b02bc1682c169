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
  int processes = 1;            ///< latency: worker processes.
  double load = 0;              ///< latency: share of the highest rate, which is measured first; 0: `rate`.
  std::uint64_t bytes = 100;    ///< edge: of a record.
  bool tcp = true;              ///< edge: how processes talk; false: ipc.
  std::uint64_t state = std::uint64_t{1} << 30;  ///< checkpoint: bytes of keyed state.
  double dirty = 0.01;                           ///< checkpoint: the share of it that changes from one to the next.
  std::uint64_t keys = 50'000'000;               ///< state.
  int workers = 0;                               ///< ysb: worker processes; 0: in this one.
};

/// nullopt: something was wrong and has been said on standard error.
std::optional<Options> parse_options(const std::vector<std::string_view>& words);

}  // namespace penstock::bench
