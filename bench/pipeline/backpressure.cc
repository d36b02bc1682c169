#include <poll.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>

#include "bench/harness/child.h"
#include "bench/harness/cluster_engine.h"
#include "bench/harness/report.h"
#include "bench/harness/tally_board.h"
#include "bench/pipeline/benchmarks.h"
#include "runtime/base/clock.h"

namespace penstock::bench {
namespace {

constexpr int kPhaseMs = 2000;
constexpr int kSettleMs = 500;           // Of the first phase; left out.
constexpr int kWindowMs = 100;           // Over which a rate is taken.
constexpr double kFullRate = 1'000'000;  // Rows a second that the sink takes before it is slowed.
constexpr double kSlowRate = kFullRate / 10;
constexpr double kWithin = 0.03;
constexpr std::size_t kTextBytes = 200;  // So that a window holds many frames.
constexpr int kGlanceMs = 5;

/// What one run told. Times in ms since it began; phases: before, slowed, freed.
struct Course {
  std::array<double, kPhases> memory_mb{};    ///< Highest, of all workers together.
  std::array<double, kPhases> sink_rate{};    ///< Of the slowed sink.
  std::array<double, kPhases> steady_rate{};  ///< Of the other pair's source.
  std::array<Histogram, kPhases> latency;     ///< Of the other pair.
  double settles_ms = kPhaseMs;               ///< From slowing down until the source runs at the sink's rate.
  double mean_after = 0;                      ///< Deviation from then on to the end of the phase, as a share.
  double worst_after = 0;         ///< Greatest in any window of that time. A run of 1024 rows is 10 % of one.
  double recovers_ms = kPhaseMs;  ///< From being freed until the source runs at its full rate.
};

int begin_of(int phase) { return kSettleMs + phase * kPhaseMs; }

/// Rows a second that a source made from `at` ms on, by what its rows say.
double made_rate(const SinkTally& tally, int at, int length_ms) {
  const auto from = tally.made.begin() + at;
  return std::accumulate(from, from + length_ms, 0.0) * 1000 / length_ms;
}

/// The first begin of a window from which the source's rate is right; nullopt: none in the phase.
template <class Right>
std::optional<int> first_right(const SinkTally& tally, int phase, Right&& right) {
  for (int at = 0; at + kWindowMs <= kPhaseMs; at += kGlanceMs)
    if (right(made_rate(tally, begin_of(phase) + at, kWindowMs))) return at;
  return std::nullopt;
}

void read_course(const TallyBoard& board, Course& course) {
  const SinkTally &busy = board.sinks[0], &steady = board.sinks[1];
  for (int phase = 0; phase < static_cast<int>(kPhases); ++phase) {
    const auto at = static_cast<std::size_t>(phase);
    course.steady_rate[at] = made_rate(steady, begin_of(phase), kPhaseMs);
    course.latency[at] = steady.latency[at];
  }
  const auto off = [&](double rate) { return std::abs(rate / course.sink_rate[1] - 1); };
  if (const auto at = first_right(busy, 1, [&](double rate) { return off(rate) <= kWithin; })) {
    course.settles_ms = *at;
    course.mean_after = off(made_rate(busy, begin_of(1) + *at, kPhaseMs - *at));
    for (int later = *at; later + kWindowMs <= kPhaseMs; later += kGlanceMs)
      course.worst_after = std::max(course.worst_after, off(made_rate(busy, begin_of(1) + later, kWindowMs)));
  }
  const double full = course.sink_rate[0] * (1 - kWithin);
  if (const auto at = first_right(busy, 2, [&](double rate) { return rate >= full; })) course.recovers_ms = *at;
}

void pass_phases(TallyBoard& board, const std::vector<int>& processes, Course& course) {
  const auto wall_ms = [&] { return static_cast<int>((base::wall_now() - board.begin_us) / 1000); };
  while (wall_ms() < kSettleMs) poll(nullptr, 0, 1);
  for (int phase = 0; phase < static_cast<int>(kPhases); ++phase) {
    const auto at = static_cast<std::size_t>(phase);
    board.phase = static_cast<std::uint32_t>(phase);
    board.sinks[0].rate = phase == 1 ? kSlowRate : kFullRate;
    const std::uint64_t before = board.sinks[0].rows;
    const Stopwatch stopwatch;
    while (wall_ms() < begin_of(phase + 1)) {
      double memory = 0;
      for (const int process : processes) memory += resident_mb(process);
      course.memory_mb[at] = std::max(course.memory_mb[at], memory);
      poll(nullptr, 0, kGlanceMs);
    }
    course.sink_rate[at] = static_cast<double>(board.sinks[0].rows - before) / stopwatch.elapsed().wall_seconds;
  }
}

bool run(Course& course) {
  OwnTallyBoard board("slowed", "other");
  board->sinks[0].rate = kFullRate;
  ClusterJob job;
  job.topology = "backpressure.yaml";
  job.variables = {{"TEXT", std::string(kTextBytes, 'x')}};
  job.during = [&](tools::WatchedJob& watched, const std::vector<int>& processes) {
    watched.wait(-1, 100);
    board->begin_us = base::wall_now();
    pass_phases(*board, processes, course);
    watched.request_stop();
  };
  ClusterCost cost;
  if (!run_cluster(job, cost)) return false;
  read_course(*board, course);
  return true;
}

void print_course(const Course& course) {
  static constexpr const char* kNames[kPhases] = {"before", "slowed", "freed"};
  std::fprintf(stderr, "backpressure: a sink of %g rows/s takes %g rows/s for %d ms; rates over %d ms\n", kFullRate,
               kSlowRate, kPhaseMs, kWindowMs);
  for (std::size_t phase = 0; phase < kPhases; ++phase)
    std::fprintf(
        stderr, "  %-7s sink %9.0f rows/s; the other pair %7.0f rows/s, p50 %6.1f us, p99 %7.1f us; workers %5.1f MB\n",
        kNames[phase], course.sink_rate[phase], course.steady_rate[phase], course.latency[phase].percentile_us(0.5),
        course.latency[phase].percentile_us(0.99), course.memory_mb[phase]);
  std::fprintf(stderr, "  once settled, the source's rate was off by %.1f %% in all, by at most %.1f %% in a window\n",
               course.mean_after * 100, course.worst_after * 100);
}

}  // namespace

int run_backpressure(const Options&) {
  const auto course = in_child<Course>([](Course& seen) { return run(seen); });
  if (!course) return 1;
  print_course(*course);
  const double memory = course->memory_mb[1] / course->memory_mb[0];
  const double rate = course->steady_rate[1] / course->steady_rate[0];
  const auto times = [&](double fraction) {
    return course->latency[1].percentile_us(fraction) / course->latency[0].percentile_us(fraction);
  };
  print_goals({{"ms until source at sink's rate", course->settles_ms, Better::kLower, 200, 100.0},
               {"off the sink's rate from then on", course->mean_after, Better::kLower, kWithin, {}},
               {"memory over that before", memory, Better::kLower, 1.1, {}},
               {"other pair's rate over before", rate, Better::kHigher, 0.97, {}},
               {"other pair's p50 over before", times(0.5), Better::kLower, 1.25, {}},
               {"other pair's p99 over before", times(0.99), Better::kLower, 1.5, {}}});
  JsonLine("backpressure")
      .add("settles_ms", course->settles_ms)
      .add("window_ms", std::uint64_t{kWindowMs})
      .add("recovers_ms", course->recovers_ms)
      .add("mean_after", course->mean_after)
      .add("worst_after", course->worst_after)
      .add("memory_ratio", memory)
      .add("other_rate_ratio", rate)
      .add("other_p50_ratio", times(0.5))
      .add("other_p99_ratio", times(0.99))
      .print();
  return 0;
}

}  // namespace penstock::bench
