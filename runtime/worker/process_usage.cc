#include "runtime/worker/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace penstock::worker {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Usage process_usage() {
  Usage usage;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) usage.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    unsigned long pages = 0, resident = 0;
    if (std::fscanf(file, "%lu %lu", &pages, &resident) == 2)
      usage.resident_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    std::fclose(file);
  }
  return usage;
}

}  // namespace penstock::worker
