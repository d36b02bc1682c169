/// Every benchmark of bench/run by name. Each prints for people, then one line of JSON, and gives the exit status:
/// 0 done, 1 a wrong result or a failed run, 2 usage. Speed alone never fails a benchmark.
#pragma once

#include <span>

#include "bench/harness/options.h"

namespace penstock::bench {

int run_filter(const Options& options);
int run_ysb(const Options& options);
int run_words(const Options& options);
int run_json(const Options& options);
int run_slide(const Options& options);
int run_latency(const Options& options);
int run_edge(const Options& options);
int run_backpressure(const Options& options);
int run_checkpoint(const Options& options);
int run_state(const Options& options);
int run_idle(const Options& options);
int run_startup(const Options& options);
int run_size(const Options& options);

struct Benchmark {
  const char* name;
  const char* summary;  ///< Options and what it does, one line.
  int (*run)(const Options&);
};
std::span<const Benchmark> benchmarks();

}  // namespace penstock::bench
