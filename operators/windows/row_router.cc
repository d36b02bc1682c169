#include "operators/windows/row_router.h"

#include <algorithm>

namespace penstock::operators {
namespace {

template <class Each>
void for_cells(const record::Rows& rows, Each&& each) {
  if (rows.selection == nullptr) {
    for (std::uint32_t cell = 0; cell < rows.count; ++cell) each(cell);
  } else {
    for (std::uint32_t row = 0; row < rows.count; ++row) each(rows.selection[row]);
  }
}

}  // namespace

RowRouter::Range RowRouter::range_of(const record::Rows& rows) {
  Range range{base::kEndOfTime, base::kNoTime, base::kNoTime};
  for_cells(rows, [&](std::uint32_t cell) {
    range.first = std::min(range.first, rows.time[cell]);
    range.last = std::max(range.last, rows.time[cell]);
  });
  if (rows.may_be_late && rows.watermark != nullptr)
    for_cells(rows, [&](std::uint32_t cell) { range.watermark = std::max(range.watermark, rows.watermark[cell]); });
  return range;
}

/// No row of the run is late even for its first window, and none lies between windows.
bool RowRouter::all_on_time(const Range& range) const {
  if (grid_.every > grid_.size) return false;
  const std::int64_t first = grid_.first_window(grid_.slice_of(range.first));
  return first >= next_window_ && range.watermark < grid_.end(first);
}

void RowRouter::look_at(base::Micros time) {
  if (time >= slice_start_ && time < slice_end_) return;
  slice_ = grid_.slice_of(time);
  slice_start_ = grid_.slice_start(slice_);
  slice_end_ = slice_start_ + grid_.slice;
  first_ = grid_.first_window(slice_);
  last_ = grid_.last_window(slice_);
}

/// The first window that counts the row; after last_ when none does.
std::int64_t RowRouter::first_window_of(const record::Rows& rows, std::uint32_t cell) {
  look_at(rows.time[cell]);
  const std::int64_t first = std::max(first_, next_window_);
  if (!rows.may_be_late || rows.watermark == nullptr || rows.watermark[cell] < grid_.end(first_)) return first;
  return std::max(first, grid_.first_open(rows.watermark[cell]));
}

bool RowRouter::sort_out(const record::Rows& rows) {
  range_ = range_of(rows);
  kept_.clear();
  late_.clear();
  between_ = 0;
  if (all_on_time(range_)) return false;
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::int64_t first = first_window_of(rows, rows.cell(row));
    if (first <= last_)
      kept_.push_back(row);
    else if (first_ <= last_)
      late_.push_back(row);
    else
      ++between_;
  }
  return kept_.size() < rows.count;
}

Pane* RowRouter::route(const record::Rows& rows, PaneList& panes, std::vector<Pane*>& touched) {
  if (all_on_time(range_) && grid_.slice_of(range_.first) == grid_.slice_of(range_.last)) {
    look_at(range_.first);
    return &panes.find_or_add(slice_, first_);
  }
  touched.clear();
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::int64_t first = first_window_of(rows, rows.cell(row));
    Pane& pane = panes.find_or_add(slice_, first);
    if (pane.rows.empty()) touched.push_back(&pane);
    pane.rows.push_back(row);
  }
  return touched.size() == 1 ? touched[0] : nullptr;
}

Pane& RowRouter::route_at(base::Micros now, PaneList& panes) {
  look_at(now);
  return panes.find_or_add(slice_, std::max(first_, next_window_));
}

}  // namespace penstock::operators
