/// `aggregate` without a window, `emit: update`: a row per input row, with its group's values after that row. With old
/// rows wanted, or with an input that takes rows back, both sides of each row are computed.
#pragma once

#include <memory>
#include <vector>

#include "operators/aggregates/aggregate_plan.h"
#include "operators/aggregates/group_aggregates.h"
#include "operators/aggregates/result_rows.h"
#include "operators/runs/carried.h"
#include "operators/transforms/both_sides.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

class RunningAggregate final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  base::Result<void> open(api::Context& context) override;
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;

 private:
  RunningAggregate(AggregatePlan plan, GroupAggregates aggregates, ResultRows results)
      : plan_(std::move(plan)), aggregates_(std::move(aggregates)), results_(std::move(results)) {}

  bool two_sided() const { return plan_.takes_back || plan_.gives_back; }
  void emit_new_values(const record::Rows& rows, GroupAggregates::Taken taken, api::Context& context);
  void emit_both_sides(const record::Rows& rows, const Groups& groups, GroupAggregates::Taken taken,
                       api::Context& context);
  void lend_keys(const record::Rows& rows, std::span<const std::uint32_t> cells);
  std::span<const std::uint32_t> taken_rows(const record::Rows& rows, GroupAggregates::Taken taken);
  void build(const record::Rows& shape, base::Micros now);

  AggregatePlan plan_;
  GroupAggregates aggregates_;
  ResultRows results_;
  std::unique_ptr<api::StateTable> table_;

  std::vector<api::Entry> entries_;
  std::vector<std::uint8_t> inserted_;
  std::vector<std::uint32_t> all_rows_;  ///< 0, 1, 2, ...
  std::vector<std::uint32_t> parents_;   ///< Per cell of the output: the input row.
  std::vector<record::Change> change_;   ///< Per cell.
  std::vector<ColumnGather> key_gathers_;
  BothSides sides_;
  Carried carried_;
  Subset subset_;
  record::Rows output_;
};

}  // namespace penstock::operators
