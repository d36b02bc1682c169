#include "operators/windows/sliding_window.h"

#include <algorithm>
#include <utility>

#include "operators/windows/fired_until.h"
#include "runtime/base/limits.h"

namespace penstock::operators {

using api::Step;

base::Result<void> SlidingWindow::open(api::Context& context) {
  if (auto opened = input_.open(context); !opened) return opened;
  groups_.resize(base::kRunRows);
  const MakeTable make_table = [&] { return input_.make_derived_table(context); };
  GroupAggregates& aggregates = input_.aggregates();
  const bool running = aggregates.invertible() && !plan_.aggregate.takes_back;
  content_ = running ? make_running_content(aggregates, input_.panes(), make_table)
                     : make_two_stacks(aggregates, input_.panes(), plan_.grid, make_table);
  if (context.restored() != nullptr)
    if (auto done = restore(*context.restored()); !done) return done;
  if (plan_.by_arrival) wake_for_next(context);
  return {};
}

/// The slices in the content are among the panes in the checkpoint, so how far windows have fired is all that is left.
void SlidingWindow::save(api::SavedParts& parts) {
  parts["fired"] = std::to_string(firing_until_);
  content_->save(parts);
}

base::Result<void> SlidingWindow::restore(const api::Restored& restored) {
  const auto fired = fired_until(restored, plan_.by_arrival);
  if (!fired) return tl::unexpected(fired.error());
  firing_until_ = *fired;
  content_->restore(restored);
  if (firing_until_ == base::kNoTime) return {};
  window_ = plan_.grid.first_open(firing_until_);
  input_.router().set_next_window(window_);
  return {};
}

Step SlidingWindow::process(int, const record::Rows& rows, api::Context& context) {
  const bool idle = !anything_held();
  input_.take(rows, context);
  if (plan_.by_arrival && idle) wake_for_next(context);
  return Step::kDone;
}

/// The first window, not before window_, that has rows.
std::int64_t SlidingWindow::next_with_rows() const {
  if (!content_->empty()) return window_;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const Pane* pane : input_.panes().all()) first = std::min(first, pane->first_window);
  return std::max(first, window_);
}

void SlidingWindow::wake_for_next(api::Context& context) {
  if (anything_held()) context.wake_at(plan_.grid.end(next_with_rows()));
}

Step SlidingWindow::on_watermark(base::Micros watermark, api::Context& context) {
  return plan_.by_arrival || watermark == base::kNoTime ? Step::kDone : fire_up_to(watermark, context);
}

base::Micros SlidingWindow::output_watermark(base::Micros watermark) const {
  return anything_held() ? std::min(watermark, plan_.grid.end(next_with_rows()) - 1) : watermark;
}

Step SlidingWindow::on_timer(api::Context& context) {
  return plan_.by_arrival ? fire_up_to(context.now(), context) : Step::kDone;
}

Step SlidingWindow::flush(api::Context& context) { return fire_up_to(base::kEndOfTime, context); }

Step SlidingWindow::resume(api::Context& context) { return fire(context); }

Step SlidingWindow::fire_up_to(base::Micros time, api::Context& context) {
  firing_until_ = std::max(firing_until_, time);
  input_.router().set_next_window(plan_.grid.first_open(firing_until_));
  return fire(context);
}

/// Panes whose first window this is (or was, when no window before it had rows) come in, slices that are past go; in a
/// restored window they are still among the panes.
void SlidingWindow::fill_window() {
  const std::int64_t first_slice = plan_.grid.first_slice(window_);
  content_->drop_before(first_slice);
  PaneList& panes = input_.panes();
  for (std::size_t i = 0; i < panes.all().size();) {
    if (panes.all()[i]->first_window > window_) {
      ++i;
      continue;
    }
    Pane* pane = panes.take(i);
    if (pane->slice >= first_slice) {
      content_->add(pane);
    } else {
      content_->passed(*pane);
      panes.give_back(pane);
    }
  }
}

bool SlidingWindow::is_due() const { return anything_held() && plan_.grid.end(next_with_rows()) <= firing_until_; }

/// False: the slices held were all past, so there is no such window.
bool SlidingWindow::begin_window() {
  window_ = next_with_rows();
  fill_window();
  cursor_ = 0;
  return firing_ = !content_->empty();
}

Step SlidingWindow::fire(api::Context& context) {
  while (firing_ || is_due()) {
    if (!context.ready()) return Step::kBlocked;  // Until then the last run may still be read.
    if (!firing_ && !begin_window()) continue;
    bool more = false;
    const std::size_t found = content_->read(cursor_, groups_, more);
    const base::Micros start = plan_.grid.start(window_), end = plan_.grid.end(window_);
    emitter_.emit(std::span(groups_).first(found), content_->table(), input_.aggregates(), {end - 1, true, start, end},
                  nullptr, context);
    if (more) continue;
    firing_ = false;
    ++window_;
  }
  if (plan_.by_arrival) wake_for_next(context);
  return Step::kDone;
}

}  // namespace penstock::operators
