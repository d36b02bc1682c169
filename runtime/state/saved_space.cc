#include "runtime/state/saved_space.h"

#include <algorithm>
#include <utility>

#include "runtime/state/hash_table.h"
#include "runtime/state/tier_key.h"

namespace penstock::state {
namespace {
constexpr std::size_t kAhead = 16;  ///< Records are fetched from memory that many copies before their turn.
}

SavedSpace::SavedSpace(SavedTables& tables, std::string node, std::string name, GroupRange groups, HashTable& table,
                       RecordForm form)
    : tables_(tables), node_(std::move(node)), name_(std::move(name)), groups_(groups), table_(table), form_(form) {
  tables_.add(this);
  set_space({});
  end_tick();
}

void SavedSpace::end_tick() {
  constexpr std::size_t kTicksATable = 4, kLeast = 256;
  if (++tick_ == RecordMark::kTicks) {
    table_.forget_ticks();
    tick_ = 1;
  }
  if (tables_.bounded() && table_.evictable()) left_of_tick_ = std::max(table_.in_memory() / kTicksATable, kLeast);
}

void SavedSpace::set_space(std::string_view space) {
  prefix_ = space_prefix(node_, name_, space);
  unread_ = tables_.is_stored(prefix_) ? UnreadRanges(groups_, tables_.tier().bytes_of(prefix_)) : UnreadRanges();
}

void SavedSpace::first_touch(RecordHead* record) {
  if (left_of_tick_-- == 0) end_tick();
  RecordMark& mark = mark_of(record);
  mark.tick = tick_;
  if (mark.uses < RecordMark::kMostUses) ++mark.uses;
  if (is_dirty(mark)) return;
  if (is_waiting(record)) copy_early(record);
  mark.listed = 1;
  mark.list = list_;
  mark.place = static_cast<std::uint32_t>(dirty_.size());
  dirty_.push_back(record);
}

void SavedSpace::write_down(RecordHead* record, SpaceDelta& delta) {
  mark_of(record).in_tier = 1;
  mark_of(record).listed = 0;
  delta.put(record->hash, form_.key(record), form_.value(record, scratch_));
}

SpaceDelta& SavedSpace::snapshot_delta() {
  if (snapshot_delta_ == nullptr) {
    snapshot_delta_ = &tables_.snapshot().space(prefix_);
    snapshot_delta_->expect(waiting_.size());
    tables_.stored(prefix_, tables_.snapshot().generation);
  }
  return *snapshot_delta_;
}

SpaceDelta& SavedSpace::next_delta() {
  tables_.stored(prefix_, tables_.generation());
  return tables_.next().space(prefix_);
}

void SavedSpace::copy_early(RecordHead* record) {
  waiting_[mark_of(record).place] = nullptr;
  write_down(record, snapshot_delta());
}

void SavedSpace::copy_rest() {
  std::size_t all = waiting_.size();
  copy(all);
}

/// With nothing waiting.
void SavedSpace::flip() {
  waiting_.clear();
  waiting_.swap(dirty_);
  gone_dirty_ = 0;
  list_ = ~list_;
  copied_ = 0;
  snapshot_delta_ = nullptr;
  end_tick();
}

bool SavedSpace::copy(std::size_t& entries) {
  const std::size_t end = std::min(waiting_.size(), copied_ + entries);
  entries -= end - copied_;
  for (; copied_ < end; ++copied_) {
    if (copied_ + kAhead < waiting_.size() && waiting_[copied_ + kAhead] != nullptr)
      __builtin_prefetch(&mark_of(waiting_[copied_ + kAhead]), 1);
    if (waiting_[copied_] != nullptr) write_down(waiting_[copied_], snapshot_delta());
  }
  if (copied_ < waiting_.size()) return false;
  waiting_.clear();
  copied_ = 0;
  return true;
}

void SavedSpace::erased(RecordHead* record) {
  if (is_waiting(record)) {
    copy_early(record);
  } else if (is_dirty(mark_of(record))) {
    unlist(record);
  }
  if (mark_of(record).in_tier != 0) tables_.next().space(prefix_).gone(record->hash, form_.key(record));
}

void SavedSpace::leave_behind(RecordArena memory) {
  SpaceDelta& delta = snapshot_delta();
  tables_.leave_behind(std::make_unique<LeftBehind>(std::exchange(waiting_, {}), std::exchange(copied_, 0),
                                                    std::move(memory), form_, delta));
}

void SavedSpace::cleared() {
  dirty_.clear();
  gone_dirty_ = 0;
  tables_.clear_space(prefix_);
  unread_ = {};
  if (spill_) spill_->clear();
}

void SavedSpace::released() {
  copy_rest();
  if (!dirty_.empty()) {
    SpaceDelta& delta = next_delta();
    delta.expect(dirty_.size());
    for (RecordHead* record : dirty_)
      if (record != nullptr) write_down(record, delta);
  }
  dirty_.clear();
  gone_dirty_ = 0;
}

void SavedSpace::damaged() {
  tables_.fail({"state_damaged", "saved state of `" + node_ + "` holds what is no value of its table `" + name_ + "`",
                base::Origin::kEnvironment, false, node_});
}

bool SavedSpace::is_unread(std::uint64_t hash, std::vector<HashRange>& ranges) {
  const auto range = unread_.take(hash);
  if (range) ranges.push_back(*range);
  return range.has_value();
}

bool SavedSpace::take_from_spill(RecordHead* record) {
  if (spilled() == 0) return false;
  const auto value = spill_->take(record->hash, form_.key(record));
  if (!value) tables_.fail(value.error());
  if (!value || !*value) return false;
  if (!form_.load(record, **value)) damaged();
  loaded(record);
  return true;
}

void SavedSpace::leave(RecordHead* record) {
  batch_.add(record->hash, form_.key(record), form_.value(record, scratch_));
  leaving_.push_back(record);
}

std::size_t SavedSpace::evict() {
  if (!spill_) spill_ = std::make_unique<Spill>(tables_.tier().directory(), groups_);
  const auto done = spill_->put(batch_);
  std::size_t gone = 0;
  if (!done) {
    tables_.fail(done.error());
  } else {
    SpaceDelta* delta = nullptr;
    for (std::size_t i = 0; i < leaving_.size(); ++i) {
      if (batch_.refused(i)) continue;
      evicted(leaving_[i], delta);
      ++gone;
    }
    close_up();
  }
  batch_.clear();
  leaving_.clear();
  return gone;
}

void SavedSpace::unlist(RecordHead* record) {
  dirty_[mark_of(record).place] = nullptr;
  ++gone_dirty_;
}

/// Entries that come and go between two flips would make the list longer and longer.
void SavedSpace::close_up() {
  constexpr std::size_t kFew = 4 << 10;
  if (gone_dirty_ < kFew || gone_dirty_ * 2 < dirty_.size()) return;
  std::erase(dirty_, nullptr);
  for (std::size_t place = 0; place < dirty_.size(); ++place)
    mark_of(dirty_[place]).place = static_cast<std::uint32_t>(place);
  gone_dirty_ = 0;
}

/// What the tier does not have yet is on its way there from now on: in `delta`, which is made for the first one.
void SavedSpace::evicted(RecordHead* record, SpaceDelta*& delta) {
  if (is_waiting(record)) {
    copy_early(record);
  } else if (is_dirty(mark_of(record))) {
    unlist(record);
    if (delta == nullptr) delta = &next_delta();
    const std::size_t before = delta->bytes();
    write_down(record, *delta);
    tables_.set_aside(delta->bytes() - before);
  }
  mark_of(record).leaving = 1;
}

}  // namespace penstock::state
