#include "bench/pipeline/benchmarks.h"

namespace penstock::bench {

std::span<const Benchmark> benchmarks() {
  static constexpr Benchmark kAll[] = {
      {"filter", "[--events N]                    generate, keep one in three, map, sum", run_filter},
      {"ysb", "[--events N] [--parallelism P | --workers 2]  keep, look up, count per campaign and 10 s", run_ysb},
      {"words", "[FILE] [--events N]             split text, running count per word", run_words},
      {"json", "[FILE] [--events MEGABYTES]     JSON lines in, filter, JSON lines out", run_json},
      {"slide", "[--events N]                    10 s windows every 100 ms against tumbling ones", run_slide},
      {"latency", "[--rate R | --load SHARE] [--seconds S] [--processes N]  keyed exchange at a steady rate",
       run_latency},
      {"edge", "[--bytes N] [--transport tcp|ipc] [--events N]  records from one process to another", run_edge},
      {"backpressure", "a sink slowed ten times, then freed; another pair beside it", run_backpressure},
      {"checkpoint", "[--state SIZE] [--dirty PERCENT] [--rate R] [--seconds S]  checkpoints every 1 s, 100 ms, off",
       run_checkpoint},
      {"state", "[--keys N] [--events N]         a keyed count whose state is three times the memory it may have",
       run_state},
      {"idle", "[--seconds S]                   CPU of a job that has nothing to do", run_idle},
      {"startup", "                                `penstock run` of one row, from start to exit", run_startup},
      {"size", "[--events N]                    bytes of the binary, peak memory of `penstock run` of ysb", run_size},
  };
  return kAll;
}

}  // namespace penstock::bench
