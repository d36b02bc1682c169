/// What the same work costs without an engine: single-threaded loops, as good as a good engineer makes them in an
/// afternoon, built with the flags of the engine. Each returns the benchmark's checksum, computed its own way.
/// THREAD: the caller's (zmq_pair uses two).
#pragma once

#include <cstdint>
#include <string>

#include "bench/harness/histogram.h"

namespace penstock::bench {

/// Keeps kind = 0, maps to (ad * 2 + 1, time) rows in a buffer, sums the first field.
std::uint64_t filter_loop(std::uint64_t events);

/// Keeps kind = 0, looks the ad up in a table of 1000 campaigns, counts per campaign and 10 s.
/// Sum over results of count * (campaign + 1) * (window + 1).
std::uint64_t ysb_loop(std::uint64_t events);

struct WordSums {
  std::uint64_t words = 0;
  std::uint64_t checksum = 0;  ///< Sum over distinct words of final count * FNV-1a-64, mod 2^64.
  std::uint64_t squares = 0;   ///< Sum over distinct words of final count squared; equals that of 2n - 1 over updates.
};
/// Reads the file, splits at blanks and line ends, counts in a hash map, writes an update row `word,n` per word.
WordSums words_loop(const std::string& path);

struct JsonSums {
  std::uint64_t rows = 0;   ///< Read.
  std::uint64_t bytes = 0;  ///< Read.
  bool good = false;
};
/// Parses JSON lines (simdjson), keeps event_type = 'pickup', writes JSON lines to `output`.
JsonSums json_loop(const std::string& input, const std::string& output);

struct Paced {
  std::uint64_t rate = 10'000;  ///< Per second.
  double seconds = 10;
  double warm_up_seconds = 0.5;  ///< Left out of the histogram.
};
struct LatencySample {
  Histogram latency;
  double cpu_seconds = 0;
  double wall_seconds = 0;
};
/// A bare inproc PUSH/PULL pair of two threads, paced by a timerfd; latency from the intended send time.
LatencySample zmq_pair(const Paced& load);

/// Sum over results of count * (key + 1) * (number of the window + 1); see slide.yaml.
std::uint64_t slide_checksum(std::uint64_t events, std::uint64_t keys, std::uint64_t slices_per_window);

}  // namespace penstock::bench
