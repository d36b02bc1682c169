#include "operators/transforms/throttle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace penstock::operators {

using api::Step;

base::Result<std::unique_ptr<api::Operator>> Throttle::make(const api::NodeSpec& spec) {
  return std::unique_ptr<api::Operator>(
      new Throttle(spec.node.params.number("rate"), ColumnChoice(*spec.inputs[0], spec.output())));
}

double Throttle::at_once() const { return std::max(1.0, rate_ * 0.01); }

std::uint32_t Throttle::most_rows() const {
  return static_cast<std::uint32_t>(std::min<double>(at_once(), std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t Throttle::allowed(base::Micros now) {
  if (counted_until_ == base::kNoTime) counted_until_ = now;
  const base::Micros passed = std::max<base::Micros>(now - counted_until_, 0);
  counted_until_ = now;  // Also where the clock was set back: what it says now is what counts.
  owed_ = std::min(owed_ + rate_ * static_cast<double>(passed) / 1e6, at_once());
  return static_cast<std::uint32_t>(owed_);
}

Step Throttle::process(int, const record::Rows& rows, api::Context& context) {
  rows_ = &rows;
  next_ = 0;
  selection_.resize(rows.count);
  if (rows.selection != nullptr)
    std::copy_n(rows.selection, rows.count, selection_.begin());
  else
    std::iota(selection_.begin(), selection_.end(), 0u);
  return resume(context);
}

Step Throttle::resume(api::Context& context) {
  while (rows_ != nullptr) {
    if (!context.ready()) return Step::kBlocked;
    const std::uint32_t left = rows_->count - next_;
    const std::uint32_t count = context.stopping() ? left : std::min(allowed(context.now()), left);
    if (count == 0) {
      context.wake_at(context.now() + static_cast<base::Micros>(std::ceil((1 - owed_) * 1e6 / rate_)));
      return Step::kBlocked;
    }
    output_ = choice_.apply(*rows_);
    output_.selection = selection_.data() + next_;
    output_.count = count;
    owed_ = std::max(owed_ - count, 0.0);
    next_ += count;
    context.counters().passed.add(count);
    if (next_ == rows_->count) rows_ = nullptr;
    context.emit(topology::kMainPort, output_);
  }
  return Step::kDone;
}

}  // namespace penstock::operators
