#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "operators/runs/saved_number.h"
#include "operators/windows/sliding_content.h"

namespace penstock::operators {
namespace {

/// Two stacks (Adamson's queue with aggregates; see Tangwongsan, Hirzel, Schneider, "General incremental sliding-window
/// aggregation", VLDB 2015), over tables of groups. The front holds older slices, each table with all the front's later
/// ones merged in, so its top is the front's total; the back is newer slices with one running total. Panes of late rows
/// come after their slice's place in the order; they stand aside and are merged per firing.
class TwoStacks final : public SlidingContent {
 public:
  TwoStacks(GroupAggregates& aggregates, PaneList& panes, WindowGrid grid, const MakeTable& make_table)
      : aggregates_(aggregates), panes_(panes), grid_(grid), back_total_(make_table()), late_total_(make_table()) {}
  ~TwoStacks() override { forget_combined(); }

  void add(Pane* pane) override {
    late_total_->clear();
    PaneList::put_aside(pane);
    if (front_until_ && pane->slice > *front_until_) rebuild_front();
    if (is_late(*pane)) return add_late(pane);
    merge(*back_total_, *pane->table);
    back_.push_back(pane);
  }

  void drop_before(std::int64_t slice) override {
    late_total_->clear();
    give_back_before(late_, slice);
    while (!front_.empty() && front_.back()->slice < slice) {
      panes_.give_back(front_.back());
      front_.pop_back();
    }
    if (!front_.empty() || back_.empty() || back_.front()->slice >= slice) return;
    give_back_before(back_, slice);
    turn_over();
  }

  void save(api::SavedParts& parts) const override {
    const auto front = front_.empty() ? front_until_ : front_.front()->slice;
    const auto back = back_.empty() ? back_until_ : back_.back()->slice;
    if (front) parts["front"] = std::to_string(*front);
    if (back) parts["back"] = std::to_string(*back);
  }
  void restore(const api::Restored& restored) override {
    front_until_ = own_number(restored, "front");
    back_until_ = own_number(restored, "back");
  }
  /// One of the back has gone, so that the others are the front now.
  void passed(const Pane& pane) override {
    if (is_late(pane)) return;
    if (back_until_ && pane.slice > front_until_.value_or(std::numeric_limits<std::int64_t>::min()))
      front_until_ = back_until_;
  }

  bool empty() const override { return front_.empty() && back_.empty() && late_.empty(); }

  /// The back's total gets an (empty) group for every group of the others, so that scanning it meets all of them.
  std::size_t read(std::size_t& cursor, std::span<api::Entry> out, bool& more) override {
    forget_combined();
    if (front_until_) rebuild_front();
    back_until_.reset();
    if (cursor == 0) meet_all();
    const std::size_t found = back_total_->scan(cursor, out);
    more = found > 0;
    combine(out.first(found));
    std::size_t kept = 0;
    for (const api::Entry& group : out.first(found))
      if (aggregates_.rows_in(group.value) > 0) out[kept++] = group;
    return kept;
  }
  const api::StateTable& table() const override { return *back_total_; }

 private:
  bool is_late(const Pane& pane) const { return pane.first_window != grid_.first_window(pane.slice); }
  /// In an order of their own, so that sums of floats are the same after a restart.
  void add_late(Pane* pane) {
    const auto place = [](const Pane* one) { return std::pair(one->first_window, one->slice); };
    const auto before = [&](const Pane* a, const Pane* b) { return place(a) < place(b); };
    late_.insert(std::upper_bound(late_.begin(), late_.end(), pane, before), pane);
  }
  void merge(api::StateTable& into, api::StateTable& from) {
    for_groups(from, chunk_, [&](std::span<const api::Entry> groups) {
      matching_.resize(groups.size());
      into.find_or_insert_from(groups, matching_);
      aggregates_.merge(matching_, groups);
    });
  }
  void meet(api::StateTable& other) {
    for_groups(other, chunk_, [&](std::span<const api::Entry> groups) {
      matching_.resize(groups.size());
      back_total_->find_or_insert_from(groups, matching_);
    });
  }
  void meet_all() {
    late_total_->clear();
    for (Pane* pane : late_) merge(*late_total_, *pane->table);
    if (!front_.empty()) meet(*front_.back()->table);
    meet(*late_total_);
  }

  void give_back_before(std::vector<Pane*>& panes, std::int64_t slice) {
    take_before(panes, slice, [&](Pane* pane) { panes_.give_back(pane); });
  }

  /// The back becomes the front: newest at the bottom, each table with the later ones merged in.
  void turn_over() {
    for (std::size_t i = back_.size(); i-- > 0;) {
      if (!front_.empty()) merge(*back_[i]->table, *front_.back()->table);
      front_.push_back(back_[i]);
    }
    back_.clear();
    back_total_->clear();
  }

  /// Of a restored window: what was the front is in the back, and nothing else.
  void rebuild_front() {
    front_until_.reset();
    turn_over();
  }

  /// Values of front, back and late put together in bytes of our own; keys stay those of the back's total.
  void combine(std::span<api::Entry> groups) {
    const std::size_t words = (back_total_->value_bytes() + 7) / 8;
    combined_.assign(groups.size() * words, 0);
    combined_groups_.assign(groups.begin(), groups.end());
    for (std::size_t i = 0; i < groups.size(); ++i)
      combined_groups_[i].value = reinterpret_cast<std::byte*>(combined_.data() + i * words);
    if (!front_.empty()) combine_with(*front_.back()->table, groups);
    aggregates_.merge(combined_groups_, groups);
    if (late_total_->size() > 0) combine_with(*late_total_, groups);
    std::copy(combined_groups_.begin(), combined_groups_.end(), groups.begin());
  }
  void combine_with(api::StateTable& table, std::span<const api::Entry> groups) {
    matching_.resize(groups.size());
    table.find_or_insert_from(groups, matching_);
    aggregates_.merge(combined_groups_, matching_);
  }
  void forget_combined() {
    if (aggregates_.owns_memory())
      for (const api::Entry& group : combined_groups_) aggregates_.destroy(group.value);
    combined_groups_.clear();
  }

  GroupAggregates& aggregates_;
  PaneList& panes_;
  WindowGrid grid_;
  std::vector<Pane*> front_;  ///< The oldest slice on top (last).
  std::vector<Pane*> back_;   ///< In the order of slices.
  std::vector<Pane*> late_;
  std::optional<std::int64_t> front_until_, back_until_;  ///< Latest slices of a restored front and back.
  std::unique_ptr<api::StateTable> back_total_, late_total_;
  std::vector<api::Entry> chunk_, matching_, combined_groups_;
  std::vector<std::uint64_t> combined_;
};

}  // namespace

std::unique_ptr<SlidingContent> make_two_stacks(GroupAggregates& aggregates, PaneList& panes, WindowGrid grid,
                                                const MakeTable& make_table) {
  return std::make_unique<TwoStacks>(aggregates, panes, grid, make_table);
}

}  // namespace penstock::operators
