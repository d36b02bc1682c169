#include <algorithm>
#include <utility>

#include "operators/windows/sliding_content.h"

namespace penstock::operators {
namespace {

/// One table with the window's groups: a slice is merged in once and taken out once. Of a slice only what that takes is
/// kept, in the order of the table: per group, where its value is in the window's table, and the slice's own value. So
/// the slice's table is used again at once, while it is in cache, with its groups (emptied), which the next slice
/// mostly has as well; and taking out looks nothing up. Every group of a slice has rows in it (nothing is taken back),
/// so a group of the window's table lives as long as a slice refers to it.
class RunningContent final : public SlidingContent {
 public:
  RunningContent(GroupAggregates& aggregates, PaneList& panes, const MakeTable& make_table)
      : aggregates_(aggregates),
        panes_(panes),
        total_(make_table()),
        value_words_((total_->value_bytes() + 7) / 8),
        matching_(kChunk),
        values_(kChunk) {}

  void add(Pane* pane) override {
    Slice slice = spare_slice();
    slice.index = pane->slice;
    slice.first_window = pane->first_window;
    PaneList::put_aside(pane);
    const std::size_t words = pane->table->size() * group_words();
    if (slice.words.size() < words) slice.words.resize(words + words / 8);  // The next ones differ a little.
    for_groups(*pane->table, chunk_, [&](std::span<const api::Entry> groups) { merge(groups, slice); });
    const bool mostly_live = !pane->aside && slice.groups * 2 > pane->table->size();
    mostly_live ? panes_.give_back_emptied(pane) : panes_.give_back_for_reuse(pane);
    held_.push_back(std::move(slice));
  }

  void drop_before(std::int64_t slice) override {
    std::size_t kept = 0;
    for (Slice& held : held_) {
      if (held.index >= slice) {
        std::swap(held_[kept++], held);
      } else {
        take_out(held);
      }
    }
    for (; held_.size() > kept; held_.pop_back()) spare_.push_back(std::move(held_.back()));
  }

  bool empty() const override { return held_.empty(); }

  std::size_t read(std::size_t& cursor, std::span<api::Entry> out, bool& more) override {
    const std::size_t found = total_->scan(cursor, out);
    more = found > 0;
    return found;
  }
  const api::StateTable& table() const override { return *total_; }

 private:
  static constexpr std::size_t kChunk = 512;
  struct Slice {
    std::int64_t index = 0, first_window = 0;
    std::size_t groups = 0;
    std::vector<std::uint64_t> words;  ///< Per group: address of its value in the window's table, the slice's value.
  };
  std::size_t group_words() const { return 1 + value_words_; }

  Slice spare_slice() {
    if (spare_.empty()) return {};
    Slice slice = std::move(spare_.back());
    spare_.pop_back();
    slice.groups = 0;
    return slice;
  }

  void merge(std::span<const api::Entry> groups, Slice& slice) {
    // A group without rows is an earlier slice's, or one whose only rows were refused.
    std::size_t count = 0;
    for (const api::Entry& group : groups)
      if (aggregates_.rows_in(group.value) != 0) values_[count++] = group;
    groups = std::span(values_).first(count);
    total_->find_or_insert_from(groups, matching_);
    aggregates_.merge(std::span(matching_).first(count), groups);
    std::uint64_t* words = slice.words.data() + slice.groups * group_words();
    for (std::size_t i = 0; i < count; ++i, words += group_words()) {
      words[0] = reinterpret_cast<std::uint64_t>(matching_[i].value);
      auto* value = reinterpret_cast<std::uint64_t*>(groups[i].value);
      for (std::size_t word = 0; word < value_words_; ++word) words[1 + word] = std::exchange(value[word], 0);
    }
    slice.groups += count;
  }

  void take_out(Slice& slice) {
    panes_.forget(slice.index, slice.first_window);
    std::uint64_t* words = slice.words.data();
    for (std::size_t left = slice.groups; left > 0;) {
      const std::size_t count = std::min(left, kChunk);
      for (std::size_t i = 0; i < count; ++i, words += group_words()) {
        matching_[i].value = reinterpret_cast<std::byte*>(words[0]);
        values_[i].value = reinterpret_cast<std::byte*>(words + 1);
      }
      const auto ours = std::span<const api::Entry>(matching_).first(count);
      aggregates_.unmerge(ours, std::span<const api::Entry>(values_).first(count));
      for (const api::Entry& group : ours)
        if (aggregates_.rows_in(group.value) == 0) total_->erase(group);
      left -= count;
    }
  }

  GroupAggregates& aggregates_;
  PaneList& panes_;
  std::unique_ptr<api::StateTable> total_;
  std::size_t value_words_;
  std::vector<Slice> held_, spare_;
  std::vector<api::Entry> chunk_, matching_, values_;
};

}  // namespace

std::unique_ptr<SlidingContent> make_running_content(GroupAggregates& aggregates, PaneList& panes,
                                                     const MakeTable& make_table) {
  return std::make_unique<RunningContent>(aggregates, panes, make_table);
}

}  // namespace penstock::operators
