/// `filter`: passes the rows for which a condition holds. Only the selection is new; no cell is touched.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "operators/runs/column_choice.h"
#include "operators/runs/subset.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

/// Of an update's two sides (the old row, then the new one) a condition may pass only one: the old one alone is then a
/// delete, the new one alone an insert.
class UpdateSides {
 public:
  /// Change per cell for the rows `passing` (ascending) of `rows`. Valid until the next call.
  const record::Change* after_filter(const record::Rows& rows, std::span<const std::uint32_t> passing);

 private:
  std::vector<record::Change> change_;
};

class Filter final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;

 private:
  Filter(expression::Predicate condition, ColumnChoice choice)
      : condition_(std::move(condition)), choice_(std::move(choice)) {}

  expression::Predicate condition_;
  ColumnChoice choice_;
  Subset subset_;
  UpdateSides sides_;
  record::Rows output_;
};

}  // namespace penstock::operators
