#include "operators/transforms/running_aggregate.h"

#include <numeric>
#include <utility>

namespace penstock::operators {

using record::Change;

base::Result<std::unique_ptr<api::Operator>> RunningAggregate::make(const api::NodeSpec& spec) {
  AggregatePlan plan = AggregatePlan::of(spec);
  auto results = ResultRows::make(plan.expressions, plan.keys.size(), *plan.output);
  if (!results) return tl::unexpected(results.error());
  const std::size_t first = plan.takes_back || plan.gives_back ? BothSides::kCountBytes : 0;
  auto aggregates = GroupAggregates::make(*plan.expressions, results->calls(), plan.takes_back, first);
  if (!aggregates) return tl::unexpected(aggregates.error());
  return std::unique_ptr<api::Operator>(
      new RunningAggregate(std::move(plan), std::move(*aggregates), std::move(*results)));
}

base::Result<void> RunningAggregate::open(api::Context& context) {
  api::TableSpec groups{"groups", plan_.key_types, aggregates_.end_byte(), aggregates_.hooks()};
  groups.evictable = true;
  table_ = context.state().make_table(std::move(groups));
  if (context.restored() != nullptr) aggregates_.expect_restored();
  key_gathers_.resize(plan_.keys.size());
  return {};
}

api::Step RunningAggregate::process(int, const record::Rows& input, api::Context& context) {
  const record::Rows& rows = aggregates_.prepare(input, context);
  if (rows.count == 0) return api::Step::kDone;
  const Groups groups = locate(*table_, rows, plan_.keys, entries_, &inserted_);
  results_.clear();
  const auto after = results_.results();
  const auto before = two_sided() ? after : std::span<record::ColumnBuffer*>();  // Old and new in turn, then.
  const auto taken = aggregates_.update_and_read(groups, before, after, results_.arena(), context);
  two_sided() ? emit_both_sides(rows, groups, taken, context) : emit_new_values(rows, taken, context);
  return api::Step::kDone;
}

std::span<const std::uint32_t> RunningAggregate::taken_rows(const record::Rows& rows, GroupAggregates::Taken taken) {
  if (!taken.all) return taken.rows;
  if (all_rows_.size() < rows.count) {
    all_rows_.resize(rows.count);
    std::iota(all_rows_.begin(), all_rows_.end(), 0u);
  }
  return std::span(all_rows_).first(rows.count);
}

void RunningAggregate::lend_keys(const record::Rows& rows, std::span<const std::uint32_t> cells) {
  for (std::size_t key = 0; key < plan_.keys.size(); ++key) {
    const record::Column& column = rows.columns[static_cast<std::size_t>(plan_.keys[key])];
    results_.lend_key(key, cells.empty() ? column : key_gathers_[key].take(column, cells));
  }
}

void RunningAggregate::build(const record::Rows& shape, base::Micros now) {
  const record::Rows built = results_.build(shape.count, now);
  output_ = shape;
  output_.schema = built.schema;
  output_.columns = built.columns;
}

void RunningAggregate::emit_new_values(const record::Rows& rows, GroupAggregates::Taken taken, api::Context& context) {
  const auto parents = taken_rows(rows, taken);
  if (parents.empty()) return;
  change_.resize(parents.size());
  for (std::size_t i = 0; i < parents.size(); ++i)
    change_[i] = inserted_[parents[i]] != 0 ? Change::kInsert : Change::kUpdate;
  const bool same_cells = taken.all && rows.selection == nullptr;
  const record::Rows shape = same_cells ? carried_.dense(rows) : carried_.derived(rows, parents);
  lend_keys(rows, same_cells ? std::span<const std::uint32_t>() : carried_.cells());
  build(shape, context.now());
  output_.change = change_.data();
  const auto faults = results_.faults();
  for (const auto& fault : faults) context.row_failed(rows, parents[fault.row], fault.code, fault.message);
  if (!faults.empty()) output_ = subset_.without(output_, faults);
  context.counters().absorbed.add(output_.count);
  if (output_.count > 0) context.emit(topology::kMainPort, output_);
}

void RunningAggregate::emit_both_sides(const record::Rows& rows, const Groups& groups, GroupAggregates::Taken taken,
                                       api::Context& context) {
  const auto taken_now = taken_rows(rows, taken);
  if (taken_now.empty()) return;
  sides_.take(rows, taken_now, groups, plan_.gives_back);
  parents_.clear();
  for (const std::uint32_t row : taken_now) parents_.insert(parents_.end(), 2, row);
  const record::Rows shape = carried_.derived(rows, parents_);
  lend_keys(rows, carried_.cells());
  build(shape, context.now());
  output_.change = sides_.change();
  std::uint64_t failed = 0;
  for (const auto& fault : results_.faults()) {
    if (fault.row % 2 == 0 || !sides_.is_chosen(fault.row)) continue;  // The old side has failed before.
    context.row_failed(rows, parents_[fault.row], fault.code, fault.message);
    ++failed;
  }
  sides_.leave_out(results_.faults());
  output_ = subset_.keep(output_, sides_.selection());
  context.counters().absorbed.add(taken_now.size() - failed);
  if (output_.count > 0) context.emit(topology::kMainPort, output_);
  if (plan_.takes_back) BothSides::forget_empty(*table_, rows, groups);
}

}  // namespace penstock::operators
