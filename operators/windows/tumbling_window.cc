#include "operators/windows/tumbling_window.h"

#include <algorithm>
#include <utility>

#include "operators/windows/fired_until.h"
#include "runtime/base/limits.h"

namespace penstock::operators {

using api::Step;

base::Result<void> TumblingWindow::open(api::Context& context) {
  if (auto opened = input_.open(context); !opened) return opened;
  groups_.resize(base::kRunRows);
  if (context.restored() != nullptr)
    if (auto done = restore(*context.restored()); !done) return done;
  if (plan_.by_arrival && !input_.panes().empty()) context.wake_at(plan_.grid.end(input_.panes().all().front()->slice));
  return {};
}

/// A window that has fired is not saved.
void TumblingWindow::save(api::SavedParts& parts) {
  reuse_spent();
  parts["fired"] = std::to_string(firing_until_);
}

base::Result<void> TumblingWindow::restore(const api::Restored& restored) {
  const auto fired = fired_until(restored, plan_.by_arrival);
  if (!fired) return tl::unexpected(fired.error());
  firing_until_ = *fired;
  if (!plan_.by_arrival && firing_until_ != base::kNoTime)
    input_.router().set_next_window(plan_.grid.first_open(firing_until_));
  return {};
}

Step TumblingWindow::process(int, const record::Rows& rows, api::Context& context) {
  reuse_spent();
  const bool first = input_.panes().empty();
  input_.take(rows, context);
  if (plan_.by_arrival && first && !input_.panes().empty())
    context.wake_at(plan_.grid.end(input_.panes().all().front()->slice));
  return Step::kDone;
}

Step TumblingWindow::on_watermark(base::Micros watermark, api::Context& context) {
  return plan_.by_arrival || watermark == base::kNoTime ? Step::kDone : fire_up_to(watermark, context);
}

base::Micros TumblingWindow::output_watermark(base::Micros watermark) const {
  const auto& panes = input_.panes().all();
  return panes.empty() ? watermark : std::min(watermark, plan_.grid.end(panes.front()->slice) - 1);
}

Step TumblingWindow::on_timer(api::Context& context) {
  return plan_.by_arrival ? fire_up_to(context.now(), context) : Step::kDone;
}

Step TumblingWindow::flush(api::Context& context) { return fire_up_to(base::kEndOfTime, context); }

Step TumblingWindow::resume(api::Context& context) { return fire(context); }

Step TumblingWindow::fire_up_to(base::Micros time, api::Context& context) {
  firing_until_ = std::max(firing_until_, time);
  if (!plan_.by_arrival) input_.router().set_next_window(plan_.grid.first_open(firing_until_));
  return fire(context);
}

Step TumblingWindow::fire(api::Context& context) {
  PaneList& panes = input_.panes();
  while (firing_ != nullptr || (!panes.empty() && plan_.grid.end(panes.all().front()->slice) <= firing_until_)) {
    if (!context.ready()) return Step::kBlocked;
    reuse_spent();
    if (firing_ == nullptr) {
      firing_ = panes.take(0);
      cursor_ = 0;
    }
    const std::size_t found = firing_->table->scan(cursor_, groups_);
    if (found > 0)
      emit_groups(found, context);
    else
      spent_ = std::exchange(firing_, nullptr);
  }
  if (plan_.by_arrival && !panes.empty()) context.wake_at(plan_.grid.end(panes.all().front()->slice));
  return Step::kDone;
}

void TumblingWindow::emit_groups(std::size_t count, api::Context& context) {
  GroupAggregates& aggregates = input_.aggregates();
  if (plan_.aggregate.takes_back) {
    const auto end = std::remove_if(groups_.begin(), groups_.begin() + static_cast<std::ptrdiff_t>(count),
                                    [&](const api::Entry& group) { return aggregates.rows_in(group.value) <= 0; });
    count = static_cast<std::size_t>(end - groups_.begin());
  }
  const base::Micros start = plan_.grid.start(firing_->slice), end = plan_.grid.end(firing_->slice);
  emitter_.emit(std::span(groups_).first(count), *firing_->table, aggregates, {end - 1, true, start, end}, nullptr,
                context);
}

void TumblingWindow::reuse_spent() {
  if (spent_ != nullptr) input_.panes().give_back(std::exchange(spent_, nullptr));
}

}  // namespace penstock::operators
