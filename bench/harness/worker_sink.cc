#include "bench/harness/worker_sink.h"

#include <algorithm>
#include <cmath>

#include "operators/builtin.h"

namespace penstock::bench {
namespace {

using api::Step;

std::int64_t wall_ns() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

const std::int64_t* cells_of(const record::Rows& rows, const char* field) {
  const auto index = rows.schema->index_of(field);
  return index ? rows.columns[static_cast<std::size_t>(*index)].cells<std::int64_t>() : nullptr;
}

class WorkerSink : public api::Sink {
 public:
  WorkerSink(TallyBoard& board, SinkTally& tally) : board_(board), tally_(tally) {}

  Step write(const record::Rows& rows, api::Context& context) override {
    rows_ = &rows;
    next_ = 0;
    return resume(context);
  }

  Step resume(api::Context& context) override {
    while (next_ < rows_->count) {
      const double rate = context.stopping() ? 0 : tally_.rate.load(std::memory_order_relaxed);
      const std::uint32_t left = rows_->count - next_;
      const std::uint32_t taken = rate > 0 ? std::min(left, allowed(rate, context.now())) : left;
      if (taken == 0) {
        const double wait_us = std::max((1 - owed_) * 1e6 / rate, static_cast<double>(kPace));
        context.wake_at(context.now() + static_cast<base::Micros>(std::ceil(wait_us)));
        return Step::kBlocked;
      }
      take(next_, next_ + taken);
      next_ += taken;
      owed_ = rate > 0 ? owed_ - taken : 0;
      context.counters().passed.add(taken);
    }
    return Step::kDone;
  }

 private:
  static constexpr base::Micros kPace = 500;  // From one portion to the next of a sink that is held back.
  static constexpr double kMadeUpFor = 0.01;  // Seconds.

  std::uint32_t allowed(double rate, base::Micros now) {
    owed_ = std::min(owed_ + rate * static_cast<double>(std::max<base::Micros>(now - counted_until_, 0)) / 1e6,
                     std::max(1.0, rate * kMadeUpFor));
    counted_until_ = std::max(counted_until_, now);
    return static_cast<std::uint32_t>(owed_);
  }

  void take(std::uint32_t from, std::uint32_t to) {
    if (const auto* n = cells_of(*rows_, "n"))
      for (std::uint32_t row = from; row < to; ++row) tally_.sum += static_cast<std::uint64_t>(n[rows_->cell(row)]);
    if (const auto* made = cells_of(*rows_, "made"))
      for (std::uint32_t row = from; row < to; ++row) {
        const std::int64_t at = (made[rows_->cell(row)] - board_.begin_us) / 1000;
        if (at >= 0 && at < static_cast<std::int64_t>(tally_.made.size())) ++tally_.made[static_cast<std::size_t>(at)];
      }
    if (const auto* due = cells_of(*rows_, "due")) add_latency(due, from, to);
    tally_.rows.store(tally_.rows.load(std::memory_order_relaxed) + (to - from), std::memory_order_relaxed);
  }

  /// Of the rows that came together it is read off one clock reading, as that of a bare pair is for each message.
  void add_latency(const std::int64_t* due, std::uint32_t from, std::uint32_t to) {
    const std::int64_t now = wall_ns();
    Histogram& latency = tally_.latency[board_.phase.load(std::memory_order_relaxed)];
    for (std::uint32_t row = from; row < to; ++row) {
      const std::int64_t at = due[rows_->cell(row)];
      if (first_due_ == 0) first_due_ = at;
      if (at - first_due_ >= board_.warm_up_us) latency.add(now - at * 1000);
    }
  }

  TallyBoard& board_;
  SinkTally& tally_;
  const record::Rows* rows_ = nullptr;  // The run at work.
  std::uint32_t next_ = 0;              // Its next row.
  double owed_ = 0;                     // Rows that may be taken now.
  base::Micros counted_until_ = 0;
  std::int64_t first_due_ = 0;
};

}  // namespace

api::Registry worker_registry(TallyBoard* board) {
  api::Registry registry = operators::builtin_registry();
  if (board == nullptr) return registry;
  registry.sinks["discard"] = [board, plain = registry.sinks["discard"]](
                                  const api::NodeSpec& spec) -> base::Result<std::unique_ptr<api::Sink>> {
    SinkTally* tally = board->find(spec.node.name);
    if (tally == nullptr) return plain(spec);
    return std::make_unique<WorkerSink>(*board, *tally);
  };
  return registry;
}

}  // namespace penstock::bench
