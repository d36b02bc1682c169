#include "operators/transforms/filter.h"

#include <algorithm>
#include <utility>

#include "operators/runs/faults.h"

namespace penstock::operators {

using record::Change;

const Change* UpdateSides::after_filter(const record::Rows& rows, std::span<const std::uint32_t> passing) {
  if (rows.change == nullptr || passing.empty()) return rows.change;
  change_.assign(rows.change, rows.change + rows.cell(passing.back()) + 1);
  for (std::size_t i = 0; i < passing.size(); ++i) {
    const std::uint32_t row = passing[i];
    const Change change = rows.change[rows.cell(row)];
    const bool old_too = i > 0 && passing[i - 1] + 1 == row;
    const bool new_too = i + 1 < passing.size() && passing[i + 1] == row + 1;
    const bool has_old = row > 0 && rows.change[rows.cell(row - 1)] == Change::kRetract;
    if (change == Change::kRetract && !new_too) change_[rows.cell(row)] = Change::kDelete;
    if (change == Change::kUpdate && has_old && !old_too) change_[rows.cell(row)] = Change::kInsert;
  }
  return change_.data();
}

base::Result<std::unique_ptr<api::Operator>> Filter::make(const api::NodeSpec& spec) {
  auto condition = expression::Predicate::compile(spec.node.params.expression("condition"));
  if (!condition) return tl::unexpected(condition.error());
  return std::unique_ptr<api::Operator>(
      new Filter(std::move(*condition), ColumnChoice(*spec.inputs[0], spec.output())));
}

api::Step Filter::process(int, const record::Rows& rows, api::Context& context) {
  const auto passing = condition_.select(rows, context.now());
  report(condition_.faults(), rows, context);
  context.counters().passed.add(passing.size());
  context.counters().filtered.add(rows.count - passing.size() - condition_.faults().size());
  if (passing.empty()) return api::Step::kDone;
  output_ = choice_.apply(passing.size() == rows.count ? rows : subset_.keep(rows, passing));
  output_.change = sides_.after_filter(rows, passing);
  context.emit(topology::kMainPort, output_);
  return api::Step::kDone;
}

}  // namespace penstock::operators
