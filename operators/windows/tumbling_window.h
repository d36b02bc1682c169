/// `window: {tumbling: d}`: one pane per window. A window fires when the merged watermark (or the clock) reaches its
/// end, in the order of the windows, a run of groups at a time; its pane is then used again. THREAD: the operator's.
#pragma once

#include <memory>
#include <vector>

#include "operators/aggregates/result_emitter.h"
#include "operators/windows/window_input.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

class TumblingWindow final : public api::Operator {
 public:
  TumblingWindow(WindowPlan plan, WindowInput input, ResultEmitter emitter)
      : plan_(std::move(plan)), input_(std::move(input)), emitter_(std::move(emitter)) {}

  base::Result<void> open(api::Context& context) override;
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;
  api::Step resume(api::Context& context) override;
  api::Step on_watermark(base::Micros watermark, api::Context& context) override;
  base::Micros output_watermark(base::Micros watermark) const override;
  api::Step on_timer(api::Context& context) override;
  api::Step flush(api::Context& context) override;
  void save(api::SavedParts& parts) override;

 private:
  base::Result<void> restore(const api::Restored& restored);
  api::Step fire_up_to(base::Micros time, api::Context& context);
  api::Step fire(api::Context& context);
  void emit_groups(std::size_t count, api::Context& context);
  void reuse_spent();

  WindowPlan plan_;
  WindowInput input_;
  ResultEmitter emitter_;
  base::Micros firing_until_ = base::kNoTime;  ///< Windows that end up to here are due.
  Pane* firing_ = nullptr;
  Pane* spent_ = nullptr;  ///< Fired; its last run may still be read.
  std::size_t cursor_ = 0;
  std::vector<api::Entry> groups_;
};

}  // namespace penstock::operators
