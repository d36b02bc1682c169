/// `window: {sliding: size, every: d}`. A row is taken into its slice once; windows are put together from slices when
/// they fire, in order, a run of groups at a time. THREAD: the operator's.
#pragma once

#include <memory>
#include <vector>

#include "operators/aggregates/result_emitter.h"
#include "operators/windows/sliding_content.h"
#include "operators/windows/window_input.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

class SlidingWindow final : public api::Operator {
 public:
  SlidingWindow(WindowPlan plan, WindowInput input, ResultEmitter emitter)
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
  bool anything_held() const { return !content_->empty() || !input_.panes().empty(); }
  std::int64_t next_with_rows() const;
  void wake_for_next(api::Context& context);
  api::Step fire_up_to(base::Micros time, api::Context& context);
  api::Step fire(api::Context& context);
  bool is_due() const;
  bool begin_window();
  void fill_window();

  WindowPlan plan_;
  WindowInput input_;
  ResultEmitter emitter_;
  std::unique_ptr<SlidingContent> content_;
  base::Micros firing_until_ = base::kNoTime;
  std::int64_t window_ = std::numeric_limits<std::int64_t>::min();  ///< The next to fire, or the one that is firing.
  bool firing_ = false;
  std::size_t cursor_ = 0;
  std::vector<api::Entry> groups_;
};

}  // namespace penstock::operators
