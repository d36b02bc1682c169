#include <algorithm>
#include <utility>

#include "operators/windows/sliding_content.h"

namespace penstock::operators {
namespace {

/// One table with the window's groups: a slice is merged in once and taken out once.
class RunningContent final : public SlidingContent {
 public:
  RunningContent(GroupAggregates& aggregates, PaneList& panes, const MakeTable& make_table)
      : aggregates_(aggregates), panes_(panes), total_(make_table()), matching_(512) {}

  void add(Pane* pane) override {
    for_groups(*pane->table, chunk_,
               [&](std::span<const api::Entry> groups) { aggregates_.merge(match(groups), groups); });
    added_.push_back(pane);
  }

  void drop_before(std::int64_t slice) override {
    take_before(added_, slice, [&](Pane* pane) { take_out(pane); });
  }

  bool empty() const override { return added_.empty(); }

  std::size_t read(std::size_t& cursor, std::span<api::Entry> out, bool& more) override {
    const std::size_t found = total_->scan(cursor, out);
    more = found > 0;
    return found;
  }
  const api::StateTable& table() const override { return *total_; }

 private:
  std::span<const api::Entry> match(std::span<const api::Entry> groups) {
    total_->find_or_insert_from(groups, matching_);
    return std::span<const api::Entry>(matching_).first(groups.size());
  }

  void take_out(Pane* pane) {
    for_groups(*pane->table, chunk_, [&](std::span<const api::Entry> groups) {
      const auto ours = match(groups);
      aggregates_.unmerge(ours, groups);
      for (const api::Entry& group : ours)
        if (aggregates_.rows_in(group.value) == 0) total_->erase(group);
    });
    panes_.give_back(pane);
  }

  GroupAggregates& aggregates_;
  PaneList& panes_;
  std::unique_ptr<api::StateTable> total_;
  std::vector<Pane*> added_;
  std::vector<api::Entry> chunk_, matching_;
};

}  // namespace

std::unique_ptr<SlidingContent> make_running_content(GroupAggregates& aggregates, PaneList& panes,
                                                     const MakeTable& make_table) {
  return std::make_unique<RunningContent>(aggregates, panes, make_table);
}

}  // namespace penstock::operators
