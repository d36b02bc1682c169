#include "operators/transforms/collecting_aggregate.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "operators/aggregates/aggregate_of.h"
#include "operators/runs/saved_number.h"
#include "runtime/base/limits.h"

namespace penstock::operators {

using api::Step;
using record::Change;

namespace {
constexpr int kRunsAtATime = 8;  ///< Of groups looked at in one step, which is to take about a millisecond at most.
}

base::Result<std::unique_ptr<api::Operator>> CollectingAggregate::make(const api::NodeSpec& spec) {
  AggregatePlan plan = AggregatePlan::of(spec);
  auto results = ResultRows::make(plan.expressions, plan.keys.size(), *plan.output);
  if (!results) return tl::unexpected(results.error());
  auto aggregates = GroupAggregates::make(*plan.expressions, results->calls(), plan.takes_back, sizeof(Head));
  if (!aggregates) return tl::unexpected(aggregates.error());
  const base::Micros every =
      spec.node.params.text("emit") == "every" ? spec.node.params.integer("emit_every") : base::Micros{0};
  return std::unique_ptr<api::Operator>(new CollectingAggregate(std::move(plan), std::move(*aggregates),
                                                                ResultEmitter(std::move(*results), spec), every));
}

base::Result<void> CollectingAggregate::open(api::Context& context) {
  const std::size_t bytes = aggregates_.end_byte() + (keeps_old() ? aggregates_.end_byte() : 0);
  table_ = context.state().make_table({"groups", plan_.key_types, bytes, hooks()});
  if (context.restored() != nullptr) restore(*context.restored(), context);
  return {};
}

/// Which groups have changed since they were emitted stands in the groups themselves.
void CollectingAggregate::save(api::SavedParts& parts) {
  settle();
  parts["time"] = std::to_string(time_);
  parts["due"] = std::to_string(due_);
}

void CollectingAggregate::restore(const api::Restored& restored, api::Context& context) {
  aggregates_.expect_restored();
  for (const std::int64_t time : saved_numbers(restored, "time")) time_ = std::max(time_, time);
  for (const std::int64_t due : saved_numbers(restored, "due")) due_ = std::min(due_, due);
  changes_restored_ = due_ != base::kEndOfTime;
  if (changes_restored_) context.wake_at(due_);
}

/// Reads all groups, once, when they are about to be emitted for the first time after a restart: some at a time, with
/// no rows taken in between. True: that was all.
bool CollectingAggregate::find_changed() {
  if (!std::exchange(finding_, true)) {
    changed_.clear();
    next_changed_ = settled_ = cursor_ = 0;
  }
  sides_.resize(base::kRunRows);
  for (int runs = 0; runs < kRunsAtATime; ++runs) {
    const std::size_t found = table_->scan(cursor_, sides_);
    for (const api::Entry& entry : std::span(sides_).first(found))
      if (head(entry).changed != 0) changed_.push_back(entry);
    if (found > 0) continue;
    finding_ = changes_restored_ = false;
    return true;
  }
  return false;
}

/// With old sides kept, a group is followed by a second one of the same shape: the values as last emitted.
api::ValueHooks CollectingAggregate::hooks() const {
  api::ValueHooks once = aggregates_.hooks();
  if (!once.destroy || !keeps_old()) return once;
  api::ValueHooks both;
  const std::size_t old = aggregates_.end_byte();
  both.destroy = [once, old](std::byte* value) {
    once.destroy(value);
    once.destroy(value + old);
  };
  both.save = [once, old](const std::byte* value, std::string& out) {
    std::string first;
    once.save(value, first);
    SavedWriter(out).text(first);
    once.save(value + old, out);
  };
  both.load = [once, old](std::string_view bytes, std::byte* value) {
    SavedReader in(bytes);
    const std::string_view first = in.text();
    return in.ok() && once.load(first, value) && once.load(bytes.substr(bytes.size() - in.left()), value + old);
  };
  return both;
}

api::Entry CollectingAggregate::old_side(const api::Entry& entry) const {
  return {entry.hash, entry.value + aggregates_.end_byte(), entry.key};
}

Step CollectingAggregate::process(int, const record::Rows& input, api::Context& context) {
  settle();
  const record::Rows& rows = aggregates_.prepare(input, context);
  if (rows.count == 0) return Step::kDone;
  const Groups groups = locate(*table_, rows, plan_.keys, entries_);
  const auto taken = aggregates_.update(groups, context);
  context.counters().absorbed.add(taken.all ? rows.count : taken.rows.size());
  for (std::uint32_t row = 0; rows.time != nullptr && row < rows.count; ++row)
    time_ = std::max(time_, rows.time[rows.cell(row)]);
  if (every_ == 0 && !plan_.takes_back) return Step::kDone;
  if (taken.all) {
    for (std::uint32_t row = 0; row < rows.count; ++row) note_change(rows, row, groups);
  } else {
    for (const std::uint32_t row : taken.rows) note_change(rows, row, groups);
  }
  if (changed_.empty() || due_ != base::kEndOfTime) return Step::kDone;
  due_ = (context.now() / every_ + 1) * every_;
  context.wake_at(due_);
  return Step::kDone;
}

void CollectingAggregate::note_change(const record::Rows& rows, std::uint32_t row, const Groups& groups) {
  const api::Entry& entry = groups.single != nullptr ? entries_[0] : entries_[row];
  const bool back = rows.change != nullptr && takes_back(rows.change[rows.cell(row)]);
  head(entry).rows += back ? -1 : 1;
  if (every_ == 0 || head(entry).changed != 0) return;
  head(entry).changed = 1;
  changed_.push_back(entry);
}

Step CollectingAggregate::on_watermark(base::Micros watermark, api::Context&) {
  if (watermark != base::kEndOfTime) time_ = std::max(time_, watermark);
  return Step::kDone;
}

Step CollectingAggregate::on_timer(api::Context& context) {
  if (due_ == base::kEndOfTime) return Step::kDone;
  const bool set_back = due_ > context.now() + every_;  // The clock: not to be waited for.
  if (context.now() < due_ && !set_back) {
    context.wake_at(due_);
    return Step::kDone;
  }
  return emit_changed(context);
}

Step CollectingAggregate::flush(api::Context& context) {
  flushing_ = true;
  if (every_ > 0) return emit_changed(context);
  if (plan_.keys.empty() && table_->size() == 0) make_group_of_nothing();
  return emit_all(context);
}

Step CollectingAggregate::resume(api::Context& context) {
  if (emitting_) return emit_changed(context);
  return flushing_ && every_ == 0 ? emit_all(context) : Step::kDone;
}

/// As in SQL, an aggregate without keys has a result over no rows too.
void CollectingAggregate::make_group_of_nothing() {
  record::Rows one;
  one.count = 1;
  locate(*table_, one, plan_.keys, entries_);
  head(entries_[0]).rows = 1;
}

Step CollectingAggregate::emit_all(api::Context& context) {
  sides_.resize(base::kRunRows);
  while (context.ready()) {
    const std::size_t found = table_->scan(cursor_, sides_);
    if (found == 0) return Step::kDone;
    std::size_t kept = found;
    if (plan_.takes_back && !plan_.keys.empty()) {
      const auto end = std::remove_if(sides_.begin(), sides_.begin() + static_cast<std::ptrdiff_t>(found),
                                      [](const api::Entry& entry) { return head(entry).rows <= 0; });
      kept = static_cast<std::size_t>(end - sides_.begin());
    }
    emitter_.emit(std::span(sides_).first(kept), *table_, aggregates_, {std::max(time_, base::Micros{0})}, nullptr,
                  context);
  }
  return Step::kBlocked;
}

void CollectingAggregate::add_sides(const api::Entry& entry) {
  const bool was = head(entry).emitted != 0;
  const bool is = !plan_.takes_back || plan_.keys.empty() || head(entry).rows > 0;
  if (was && (plan_.gives_back || !is)) {
    sides_.push_back(old_side(entry));
    change_.push_back(is ? Change::kRetract : Change::kDelete);
  }
  if (!is) return;
  sides_.push_back(entry);
  change_.push_back(was ? Change::kUpdate : Change::kInsert);
}

Step CollectingAggregate::emit_changed(api::Context& context) {
  emitting_ = true;
  if (changes_restored_ && !find_changed()) return Step::kProgress;
  settle();
  while (next_changed_ < changed_.size()) {
    if (!context.ready()) return Step::kBlocked;
    settle();
    sides_.clear();
    change_.clear();
    while (next_changed_ < changed_.size() && sides_.size() < base::kRunRows) add_sides(changed_[next_changed_++]);
    emitter_.emit(sides_, *table_, aggregates_, {std::max(time_, base::Micros{0})}, change_.data(), context);
  }
  emitting_ = false;
  due_ = base::kEndOfTime;
  return Step::kDone;
}

/// Groups that were emitted get their old side, or go when they are empty; done when the run has been read.
void CollectingAggregate::settle() {
  for (; settled_ < next_changed_; ++settled_) {
    const api::Entry& entry = changed_[settled_];
    table_->touch(entry);
    head(entry).changed = 0;
    if (plan_.takes_back && !plan_.keys.empty() && head(entry).rows <= 0) {
      table_->erase(entry);
      continue;
    }
    head(entry).emitted = 1;
    if (!keeps_old()) continue;
    const api::Entry old = old_side(entry);
    if (aggregates_.owns_memory()) aggregates_.destroy(old.value);
    std::memset(old.value, 0, aggregates_.end_byte());
    aggregates_.merge({&old, 1}, {&entry, 1});
  }
  if (settled_ < changed_.size()) return;
  changed_.clear();
  next_changed_ = settled_ = 0;
}

}  // namespace penstock::operators
