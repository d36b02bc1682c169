#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <string>

#include "bench/harness/child.h"
#include "bench/harness/engine_run.h"
#include "bench/harness/histogram.h"
#include "bench/harness/report.h"
#include "bench/harness/state_directory.h"
#include "bench/pipeline/benchmarks.h"
#include "runtime/base/clock.h"
#include "runtime/worker/local_job.h"

namespace penstock::bench {
namespace {

/// Of a running count and maximum in memory: a saved record of 48 bytes and two slots.
constexpr std::uint64_t kBytesAKey = 64;
constexpr std::uint64_t kUnpaced = 1'000'000'000;
constexpr std::uint64_t kLatencyRate = 100'000;
constexpr base::Micros kPoll = 20'000;
constexpr std::uint64_t kBehindLoad = 2;  ///< Checkpoints until none has anything of the load in it.

struct Interval {
  const char* name;
  const char* every;  ///< nullptr: nothing is saved.
};
constexpr std::array<Interval, 3> kIntervals = {{{"off", nullptr}, {"1 s", "1s"}, {"100 ms", "100ms"}}};

struct Turn {
  std::uint64_t rows = 0;
  Cost cost;
  Histogram latency;
  std::uint64_t checkpoints = 0, checkpoint_bytes = 0;
  double peak_rss_mb = 0;
};

/// Rows of the ticks while it is open. Written by the sink's executor; opened, closed and read by the watching thread.
class Window {
 public:
  explicit Window(Turn& turn) : turn_(turn) {}
  void add(const record::Rows& rows) {
    if (!open_.load(std::memory_order_acquire)) return;
    const base::Micros now = base::wall_now();
    const auto* due = rows.columns[static_cast<std::size_t>(*rows.schema->index_of("due"))].cells<std::int64_t>();
    for (std::uint32_t row = 0; row < rows.count; ++row) turn_.latency.add((now - due[rows.cell(row)]) * 1000);
    rows_.fetch_add(rows.count, std::memory_order_relaxed);
  }
  void open() { open_.store(true, std::memory_order_release); }
  void close() { open_.store(false, std::memory_order_release); }
  std::uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }

 private:
  Turn& turn_;
  std::atomic<bool> open_{false};
  std::atomic<std::uint64_t> rows_{0};
};

class Measured {
 public:
  Measured(const Options& options, const Interval& interval, std::uint64_t rate, Turn& turn)
      : options_(options), interval_(interval), rate_(rate), turn_(turn), window_(turn), state_("checkpoint") {}

  bool run() {
    const std::uint64_t keys = std::max<std::uint64_t>(options_.state / kBytesAKey, 1000);
    const auto hot = std::max<std::uint64_t>(static_cast<std::uint64_t>(static_cast<double>(keys) * options_.dirty), 1);
    EngineJob job;
    job.topology = "checkpoint.yaml";
    job.variables = {{"KEYS", std::to_string(keys)},
                     {"HOT", std::to_string(hot)},
                     {"STRIDE", std::to_string(keys / hot)},
                     {"RATE", std::to_string(rate_)}};
    if (interval_.every != nullptr) {
      job.variables["EVERY"] = interval_.every;
      job.state = state_.path();
    }
    keys_ = keys;
    job.tally = [this](const record::Rows& rows) { window_.add(rows); };
    job.during = [this](worker::LocalJob& running) { return watch(running); };
    EngineCost cost;
    if (!run_engine(job, cost)) return false;
    turn_.peak_rss_mb = cost.peak_rss_mb;
    return true;
  }

 private:
  bool watch(worker::LocalJob& job) { return until_loaded(job) && until_settled(job) && measure(job); }

  bool until_loaded(worker::LocalJob& job) {
    for (;;) {
      for (const worker::NodeSnapshot& node : job.snapshot().nodes)
        if (node.name == "all" && node.rows_out >= keys_) return true;
      if (job.wait(kPoll)) return false;
    }
  }

  /// As long as it measures afterwards: the tier merges what the load has left.
  bool until_settled(worker::LocalJob& job) {
    if (job.wait(static_cast<base::Micros>(options_.seconds * 1e6))) return false;
    const std::uint64_t behind = newest();
    while (interval_.every != nullptr && newest() < behind + kBehindLoad)
      if (job.wait(kPoll)) return false;
    return true;
  }

  bool measure(worker::LocalJob& job) {
    const std::uint64_t first = newest();
    const Stopwatch stopwatch;
    window_.open();
    while (stopwatch.elapsed().wall_seconds < options_.seconds) {
      if (job.wait(kPoll)) return false;
      look();
    }
    window_.close();
    turn_.cost = stopwatch.elapsed();
    turn_.rows = window_.rows();
    for (const auto& [epoch, bytes] : seen_) {
      if (epoch <= first) continue;
      ++turn_.checkpoints;
      turn_.checkpoint_bytes += bytes;
    }
    return true;
  }

  std::uint64_t newest() {
    look();
    return seen_.empty() ? 0 : seen_.rbegin()->first;
  }
  /// Old ones are removed, so they are looked at often.
  void look() {
    if (interval_.every != nullptr) seen_.merge(state_.checkpoints());
  }

  const Options& options_;
  const Interval& interval_;
  std::uint64_t rate_;
  Turn& turn_;
  Window window_;
  StateDirectory state_;
  std::uint64_t keys_ = 0;
  std::map<std::uint64_t, std::uint64_t> seen_;
};

/// Turns of one interval, added up.
struct Side {
  Turn paced, unpaced;
  double rate() const { return static_cast<double>(unpaced.rows) / unpaced.cost.wall_seconds; }
  double cpu_ns() const { return unpaced.cost.cpu_seconds * 1e9 / static_cast<double>(unpaced.rows); }
  double p99_ms() const { return paced.latency.percentile_us(0.99) / 1000; }
  double bytes_each(const Turn& turn) const {
    return turn.checkpoints == 0 ? 0
                                 : static_cast<double>(turn.checkpoint_bytes) / static_cast<double>(turn.checkpoints);
  }
};

void add(Turn& sum, const Turn& turn) {
  sum.rows += turn.rows;
  sum.cost.wall_seconds += turn.cost.wall_seconds;
  sum.cost.cpu_seconds += turn.cost.cpu_seconds;
  sum.latency.merge(turn.latency);
  sum.checkpoints += turn.checkpoints;
  sum.checkpoint_bytes += turn.checkpoint_bytes;
  sum.peak_rss_mb = std::max(sum.peak_rss_mb, turn.peak_rss_mb);
}

void print_side(const char* name, const Side& side) {
  std::fprintf(stderr,
               "  %-7s %6.2f M rows/s, %5.0f ns of CPU a row, %3llu checkpoints of %6.2f MB; paced: p50 %6.0f us  p99 "
               "%7.0f us  p99.9 %7.0f us, %3llu of %6.2f MB; peak resident %5.0f MB\n",
               name, side.rate() / 1e6, side.cpu_ns(), static_cast<unsigned long long>(side.unpaced.checkpoints),
               side.bytes_each(side.unpaced) / 1e6, side.paced.latency.percentile_us(0.5),
               side.paced.latency.percentile_us(0.99), side.paced.latency.percentile_us(0.999),
               static_cast<unsigned long long>(side.paced.checkpoints), side.bytes_each(side.paced) / 1e6,
               std::max(side.paced.peak_rss_mb, side.unpaced.peak_rss_mb));
}

void print_json(const Options& options, const std::array<Side, 3>& sides) {
  const auto& [off, second, often] = sides;
  JsonLine("checkpoint")
      .add("state_bytes", options.state)
      .add("dirty_share", options.dirty)
      .add("rate_off", off.rate())
      .add("rate_1s", second.rate())
      .add("rate_100ms", often.rate())
      .add("throughput_cost_1s", 1 - second.rate() / off.rate())
      .add("throughput_cost_100ms", 1 - often.rate() / off.rate())
      .add("cpu_ns_per_event_off", off.cpu_ns())
      .add("cpu_ns_per_event_1s", second.cpu_ns())
      .add("cpu_ns_per_event_100ms", often.cpu_ns())
      .add("p99_us_off", off.p99_ms() * 1000)
      .add("p99_us_1s", second.p99_ms() * 1000)
      .add("p99_us_100ms", often.p99_ms() * 1000)
      .add("checkpoints_1s", second.unpaced.checkpoints)
      .add("checkpoints_100ms", often.unpaced.checkpoints)
      .add("bytes_per_checkpoint_1s", second.bytes_each(second.unpaced))
      .add("bytes_per_checkpoint_100ms", often.bytes_each(often.unpaced))
      .print();
}

}  // namespace

int run_checkpoint(const Options& options) {
  std::array<Side, 3> sides;
  for (int i = 0; i < options.repeat; ++i) {
    for (std::size_t which = 0; which < kIntervals.size(); ++which) {
      for (const std::uint64_t rate : {kLatencyRate, kUnpaced}) {
        const auto turn =
            in_child<Turn>([&](Turn& answer) { return Measured(options, kIntervals[which], rate, answer).run(); });
        if (!turn || turn->rows == 0) return 1;
        add(rate == kUnpaced ? sides[which].unpaced : sides[which].paced, *turn);
      }
    }
  }
  const auto& [off, second, often] = sides;
  std::fprintf(
      stderr, "checkpoint: %.0f MB of keyed state, %.3g %% of it changed again and again; paced at %llu rows/s\n",
      static_cast<double>(options.state) / 1e6, options.dirty * 100, static_cast<unsigned long long>(kLatencyRate));
  for (std::size_t which = 0; which < sides.size(); ++which) print_side(kIntervals[which].name, sides[which]);
  const double changed = static_cast<double>(options.state) * options.dirty;
  print_goals(
      {{"1 s: throughput it costs, %", 100 * (1 - second.rate() / off.rate()), Better::kLower, 3, 1},
       {"1 s: p99 it costs, ms", second.p99_ms() - off.p99_ms(), Better::kLower, 2, 1},
       {"1 s: bytes saved over bytes changed", second.bytes_each(second.unpaced) / changed, Better::kLower, 4, {}}});
  print_json(options, sides);
  return 0;
}

}  // namespace penstock::bench
