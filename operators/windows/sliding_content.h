/// What the window that fires holds, kept from one firing to the next so that a slice is merged a fixed number of
/// times, however many windows overlap. Two ways: take slices out again (exact inverses: counts and integer sums), or
/// two stacks (everything that merges). THREAD: the operator's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "operators/aggregates/group_aggregates.h"
#include "operators/windows/pane.h"
#include "operators/windows/window_grid.h"
#include "runtime/api/snapshot.h"

namespace penstock::operators {

class SlidingContent {
 public:
  virtual ~SlidingContent() = default;
  /// A pane whose first window fires next. Panes come in the order of their slices, but for those of late rows.
  virtual void add(Pane* pane) = 0;
  /// Slices before `slice` belong to no later window.
  virtual void drop_before(std::int64_t slice) = 0;
  virtual bool empty() const = 0;  ///< No pane is in the window.

  // --- a content is not saved: it is put together again from panes, the same way, so that sums of floats are the same
  virtual void save(api::SavedParts& parts) const { (void)parts; }
  virtual void restore(const api::Restored& restored) { (void)restored; }
  /// Of a restored window: this pane was in the content, and belongs to no window any more.
  virtual void passed(const Pane& pane) { (void)pane; }

  /// Up to out.size() groups of the window from `cursor` (0 starts); they stay until the next call. 0: no more groups;
  /// groups without rows are left out, so a call may also find none and return with the cursor advanced (`more` set).
  virtual std::size_t read(std::size_t& cursor, std::span<api::Entry> out, bool& more) = 0;
  virtual const api::StateTable& table() const = 0;  ///< Whose keys the groups have.
};

using MakeTable = PaneList::MakeTable;
std::unique_ptr<SlidingContent> make_running_content(GroupAggregates& aggregates, PaneList& panes,
                                                     const MakeTable& make_table);
std::unique_ptr<SlidingContent> make_two_stacks(GroupAggregates& aggregates, PaneList& panes, WindowGrid grid,
                                                const MakeTable& make_table);

/// Visits all groups of a table in chunks: visit(std::span<const api::Entry>).
template <class Visit>
void for_groups(api::StateTable& table, std::vector<api::Entry>& chunk, Visit&& visit) {
  chunk.resize(512);
  std::size_t cursor = 0;
  while (const std::size_t found = table.scan(cursor, chunk)) visit(std::span<const api::Entry>(chunk).first(found));
}

}  // namespace penstock::operators
