/// All aggregates of a node: their place in a group's value bytes, their arguments over a run, and what a run does to
/// its groups. A row that makes a sum overflow is that row's error and leaves every aggregate of its group as it was.
/// THREAD: the operator's.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operators/aggregates/aggregate.h"
#include "operators/runs/subset.h"
#include "runtime/api/context.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

class GroupAggregates {
 public:
  /// `calls`: which of the expressions' calls are computed. `first_byte`: what comes before is the caller's. With
  /// `count_rows`, rows_in() says how many rows a group has.
  static base::Result<GroupAggregates> make(const topology::AggregateExpressions& expressions, std::vector<int> calls,
                                            bool takes_back, std::size_t first_byte, bool count_rows = false);

  std::size_t end_byte() const { return end_byte_; }
  std::int64_t rows_in(const std::byte* value) const {
    return *reinterpret_cast<const std::int64_t*>(value + rows_byte_);
  }
  bool owns_memory() const;
  void destroy(std::byte* value) const;
  /// Groups may come back from a checkpoint.
  void expect_restored();
  /// For a state table whose values are these aggregates.
  api::ValueHooks hooks() const;

  /// Evaluates the arguments over `rows`. Rows that fail are reported; the rest is returned, and is what the calls
  /// below are about. Valid until the next prepare.
  const record::Rows& prepare(const record::Rows& rows, api::Context& context);
  /// Takes the prepared rows into their groups; returns those that were taken (all but the ones that overflowed, which
  /// are reported), empty when that is every row.
  struct Taken {
    bool all = true;
    std::span<const std::uint32_t> rows;  ///< When not all.
  };
  Taken update(const Groups& groups, api::Context& context);
  /// The same, and appends the result before (where wanted) and after each row that is taken to a column per aggregate.
  Taken update_and_read(const Groups& groups, std::span<record::ColumnBuffer*> before,
                        std::span<record::ColumnBuffer*> after, record::TextArena& arena, api::Context& context);

  void merge(std::span<const api::Entry> into, std::span<const api::Entry> from);
  bool invertible() const;
  void unmerge(std::span<const api::Entry> from, std::span<const api::Entry> what);  ///< Where invertible().
  /// Appends each aggregate's results to its column. False: the sum of one of the groups overflowed in merging.
  bool read(std::span<const api::Entry> groups, std::span<record::ColumnBuffer*> columns);
  bool fits(const api::Entry& group) const;  ///< False: one of its sums overflowed in merging.

 private:
  /// Where an argument of a call comes from.
  struct Argument {
    int field = -1;     ///< Of the input, when the run is dense.
    int computed = -1;  ///< Output of `computed_`, then; of `all_` always.
    int in_all = -1;
  };
  struct Call {
    Argument x, y, where;
    bool has_x = false, has_y = false, has_where = false;
    std::string text;
  };
  GroupAggregates() = default;
  base::Result<void> add_call(const topology::AggregateCall& call, bool takes_back,
                              std::vector<topology::ExprPtr>& computed, std::vector<topology::ExprPtr>& all);
  void count_rows(const topology::AggregateExpressions& expressions, const std::vector<int>& calls);
  base::Result<void> compile(std::span<const topology::ExprPtr> computed, std::span<const topology::ExprPtr> all);
  std::span<const expression::RowFault> evaluate(base::Micros now);
  const record::Column* column(const Argument& argument) const;
  template <class Apply>
  Taken apply(const Groups& groups, api::Context& context, Apply&& apply_one);
  template <class Apply>
  Taken apply_one_by_one(api::Context& context, Apply&& apply_one);
  bool refuse_overflow(std::uint32_t row, api::Context& context);

  std::vector<std::shared_ptr<Aggregate>> aggregates_;  ///< Shared with the hooks of tables, which may live longer.
  std::vector<Call> calls_;
  std::optional<expression::Program> computed_;  ///< Arguments that are more than a field.
  std::optional<expression::Program> all_;       ///< Every argument, for runs with a selection.
  std::size_t first_byte_ = 0, end_byte_ = 0;
  std::size_t rows_byte_ = 0;  ///< Of a count(*), the user's or one of our own.

  record::Rows rows_;
  std::span<const record::Column> outputs_;
  std::vector<AggregateRun> runs_;
  std::vector<std::uint32_t> taken_;
  Subset subset_;
};

}  // namespace penstock::operators
