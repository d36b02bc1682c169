/// `throttle`: at most `rate` rows a second of wall time; the rest waits, and with it whoever feeds this node. Nothing
/// is dropped. Time that went by without rows is not made up for, beyond 10 ms. THREAD: the operator's.
#pragma once

#include <memory>

#include "operators/runs/column_choice.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class Throttle final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;
  api::Step resume(api::Context& context) override;
  std::uint32_t most_rows() const override;

 private:
  Throttle(double rate, ColumnChoice choice) : rate_(rate), choice_(std::move(choice)) {}
  std::uint32_t allowed(base::Micros now);
  double at_once() const;  ///< Most rows that it owes at any time.

  double rate_;
  ColumnChoice choice_;
  const record::Rows* rows_ = nullptr;  ///< The run at work.
  std::uint32_t next_ = 0;              ///< Its next row.
  double owed_ = 1;                     ///< Rows that may go now; a first one at once.
  base::Micros counted_until_ = base::kNoTime;
  std::vector<std::uint32_t> selection_;
  record::Rows output_;
};

}  // namespace penstock::operators
