/// `limit`: the first rows to arrive, then no more; the rest is counted as filtered.
#pragma once

#include <algorithm>
#include <memory>

#include "operators/runs/column_choice.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class Limit final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec) {
    return std::unique_ptr<api::Operator>(
        new Limit(spec.node.params.integer("count"), ColumnChoice(*spec.inputs[0], spec.output())));
  }
  base::Result<void> open(api::Context& context) override {
    if (left_ <= 0) context.no_more_input();
    return {};
  }
  api::Step process(int, const record::Rows& rows, api::Context& context) override {
    output_ = choice_.apply(rows);
    output_.count = static_cast<std::uint32_t>(std::min<std::int64_t>(rows.count, left_));
    left_ -= output_.count;
    context.counters().passed.add(output_.count);
    context.counters().filtered.add(rows.count - output_.count);
    if (output_.count > 0) context.emit(topology::kMainPort, output_);
    if (left_ == 0) context.no_more_input();
    return api::Step::kDone;
  }

 private:
  Limit(std::int64_t count, ColumnChoice choice)
      : left_(std::max<std::int64_t>(count, 0)), choice_(std::move(choice)) {}
  std::int64_t left_;
  ColumnChoice choice_;
  record::Rows output_;
};

}  // namespace penstock::operators
