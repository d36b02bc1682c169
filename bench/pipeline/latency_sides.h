/// The two sides of a latency benchmark, engine and bare sockets, summed over their turns. THREAD: main.
#pragma once

#include <optional>

#include "bench/harness/options.h"
#include "bench/harness/report.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {

struct Side {
  LatencySample sum;
  bool add(const std::optional<LatencySample>& sample);  ///< False: there is none, or it is empty.
  double us(double fraction) const { return sum.latency.percentile_us(fraction); }
  double cpu_percent() const { return 100 * sum.cpu_seconds / sum.wall_seconds; }
};

void print_side(const char* name, const Side& side);
/// The published names.
JsonLine latency_json(std::uint64_t rate, const Side& ours, const Side& pair);

/// `latency --processes N` for more than one: the source on one worker process, what follows on others.
int run_latency_on_workers(const Options& options);

}  // namespace penstock::bench
