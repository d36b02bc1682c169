#include "bench/pipeline/latency_sides.h"

#include <cstdio>

namespace penstock::bench {

bool Side::add(const std::optional<LatencySample>& sample) {
  if (!sample) return false;
  sum.latency.merge(sample->latency);
  sum.cpu_seconds += sample->cpu_seconds;
  sum.wall_seconds += sample->wall_seconds;
  return sample->latency.total() > 0;
}

void print_side(const char* name, const Side& side) {
  std::fprintf(stderr, "  %-9s p50 %7.1f us  p90 %7.1f  p99 %7.1f  p99.9 %7.1f  max %8.1f   CPU %5.1f %% of a core\n",
               name, side.us(0.5), side.us(0.9), side.us(0.99), side.us(0.999), side.sum.latency.max_us(),
               side.cpu_percent());
}

JsonLine latency_json(std::uint64_t rate, const Side& ours, const Side& pair) {
  JsonLine line("latency");
  line.add("rate", rate)
      .add("p50_us", ours.us(0.5))
      .add("p90_us", ours.us(0.9))
      .add("p99_us", ours.us(0.99))
      .add("p999_us", ours.us(0.999))
      .add("max_us", ours.sum.latency.max_us())
      .add("cpu_percent", ours.cpu_percent())
      .add("yardstick_p50_us", pair.us(0.5))
      .add("yardstick_p99_us", pair.us(0.99))
      .add("yardstick_p999_us", pair.us(0.999))
      .add("yardstick_cpu_percent", pair.cpu_percent());
  return line;
}

}  // namespace penstock::bench
