/// Decides for each row of a run whether it is late and else to which pane it goes. A row counts for a window unless,
/// at its place in its own source partition, the watermark had reached the window's end; or unless the window has
/// fired, which can only be when a partition was idle and came back. Late is a row that counts for no window. THREAD:
/// the operator's.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "operators/windows/pane.h"
#include "operators/windows/window_grid.h"
#include "runtime/record/rows.h"

namespace penstock::operators {

class RowRouter {
 public:
  explicit RowRouter(WindowGrid grid) : grid_(grid) {}

  /// Windows before this one have fired.
  void set_next_window(std::int64_t window) { next_window_ = window; }
  std::int64_t next_window() const { return next_window_; }

  /// Sorts out the rows that are late or between windows; true when there are any. The lists stay until the next call.
  bool sort_out(const record::Rows& rows);
  std::span<const std::uint32_t> kept() const { return kept_; }
  std::span<const std::uint32_t> late() const { return late_; }
  std::uint64_t between_windows() const { return between_; }

  /// The one pane to which all rows go; nullptr when they go to several, and then `touched` lists them, each with its
  /// rows. Only for rows that were kept.
  Pane* route(const record::Rows& rows, PaneList& panes, std::vector<Pane*>& touched);

  /// The same by arrival: every row belongs to `now`.
  Pane& route_at(base::Micros now, PaneList& panes);

 private:
  struct Range {
    base::Micros first, last;  ///< Of the run's event times.
    base::Micros watermark;    ///< The highest that a row carries.
  };
  static Range range_of(const record::Rows& rows);
  bool all_on_time(const Range& range) const;
  std::int64_t first_window_of(const record::Rows& rows, std::uint32_t cell);
  void look_at(base::Micros time);

  WindowGrid grid_;
  std::int64_t next_window_ = std::numeric_limits<std::int64_t>::min();
  Range range_{};
  std::vector<std::uint32_t> kept_, late_;
  std::uint64_t between_ = 0;
  // The slice looked at last; rows next to each other mostly share it.
  base::Micros slice_start_ = 0, slice_end_ = 0;
  std::int64_t slice_ = 0, first_ = 0, last_ = -1;
};

}  // namespace penstock::operators
