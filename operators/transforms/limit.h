/// `limit`: the first rows to arrive, then no more; the rest is counted as filtered.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "operators/runs/column_choice.h"
#include "operators/runs/saved_number.h"
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
    if (context.restored() != nullptr) restore(*context.restored());
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

  void save(api::SavedParts& parts) override { parts["left"] = std::to_string(left_); }

 private:
  Limit(std::int64_t count, ColumnChoice choice)
      : count_(std::max<std::int64_t>(count, 0)), left_(count_), choice_(std::move(choice)) {}
  /// What all former tasks let pass counts, whatever their number.
  void restore(const api::Restored& restored) {
    if (const auto own = own_number(restored, "left")) {
      left_ = *own;
      return;
    }
    for (const std::int64_t left : saved_numbers(restored, "left")) left_ -= count_ - left;
    left_ = std::clamp<std::int64_t>(left_, 0, count_);
  }

  std::int64_t count_, left_;
  ColumnChoice choice_;
  record::Rows output_;
};

}  // namespace penstock::operators
