/// CPU and wall time of a stretch of work in this process. THREAD: any; CPU is that of all threads together.
#pragma once

#include <time.h>

namespace penstock::bench {

struct Cost {
  double wall_seconds = 0;
  double cpu_seconds = 0;
};

class Stopwatch {
 public:
  Cost elapsed() const { return {read(CLOCK_MONOTONIC) - wall_, read(CLOCK_PROCESS_CPUTIME_ID) - cpu_}; }

 private:
  static double read(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  }
  double wall_ = read(CLOCK_MONOTONIC);
  double cpu_ = read(CLOCK_PROCESS_CPUTIME_ID);
};

}  // namespace penstock::bench
