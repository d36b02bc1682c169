/// `drop` (and `merge`, which has nothing else to do): passes rows with fewer fields; no cell is touched.
#pragma once

#include <memory>

#include "operators/runs/column_choice.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class Drop final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec) {
    return std::unique_ptr<api::Operator>(new Drop(ColumnChoice(*spec.inputs[0], spec.output())));
  }
  api::Step process(int, const record::Rows& rows, api::Context& context) override {
    context.counters().passed.add(rows.count);
    output_ = choice_.apply(rows);
    if (rows.count > 0) context.emit(topology::kMainPort, output_);
    return api::Step::kDone;
  }

 private:
  explicit Drop(ColumnChoice choice) : choice_(std::move(choice)) {}
  ColumnChoice choice_;
  record::Rows output_;
};

}  // namespace penstock::operators
