/// `split`: each row goes to the first route whose condition holds; to none: dropped, counted. Only selections are new.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "operators/runs/column_choice.h"
#include "operators/runs/subset.h"
#include "operators/transforms/filter.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class Split final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;

 private:
  struct Route {
    std::optional<expression::Predicate> condition;  ///< Empty: `else`.
    std::optional<ColumnChoice> choice;              ///< Empty: nobody reads it.
    Subset asked, subset;
    std::vector<std::uint32_t> rows;  ///< Rows of the run that go here.
    UpdateSides sides;
    record::Rows output;
  };
  void choose(Route& route, const record::Rows& rows, base::Micros now);
  void report_faults(const record::Rows& rows, api::Context& context);
  void emit(Route& route, int port, const record::Rows& rows, api::Context& context);

  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::uint32_t> left_, next_left_;  ///< Rows that no route has taken yet.
  std::vector<expression::RowFault> faults_;     ///< Of this run, by all conditions.
};

}  // namespace penstock::operators
