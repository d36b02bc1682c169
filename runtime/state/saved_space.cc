#include "runtime/state/saved_space.h"

#include <algorithm>
#include <utility>

#include "runtime/state/hash_table.h"
#include "runtime/state/tier_key.h"

namespace penstock::state {
namespace {
constexpr std::size_t kAhead = 16;  ///< Records are fetched from memory that many copies before their turn.
}

SavedSpace::SavedSpace(SavedTables& tables, std::string node, std::string name, HashTable& table, RecordForm form)
    : tables_(tables), node_(std::move(node)), name_(std::move(name)), table_(table), form_(form) {
  tables_.add(this);
  set_space({});
}

void SavedSpace::set_space(std::string_view space) {
  prefix_ = space_prefix(node_, name_, space);
  cold_ = tables_.is_stored(prefix_);
}

void SavedSpace::first_touch(RecordHead* record) {
  RecordMark& mark = mark_of(record);
  if (is_waiting(mark)) copy_early(record);
  mark.generation = tables_.generation();
  mark.place = static_cast<std::uint32_t>(dirty_.size()) & 0x7fff'ffff;
  dirty_.push_back(record);
}

void SavedSpace::write_down(RecordHead* record, SpaceDelta& delta) {
  mark_of(record).in_tier = 1;
  delta.put(record->hash, form_.key(record), form_.value(record, scratch_));
}

SpaceDelta& SavedSpace::snapshot_delta() {
  if (snapshot_delta_ == nullptr) {
    snapshot_delta_ = &tables_.snapshot().space(prefix_);
    snapshot_delta_->expect(waiting_.size());
    tables_.stored(prefix_, tables_.generation() - 1);
  }
  return *snapshot_delta_;
}

void SavedSpace::copy_early(RecordHead* record) {
  write_down(record, snapshot_delta());
  waiting_[mark_of(record).place] = nullptr;
}

void SavedSpace::copy_rest() {
  std::size_t all = waiting_.size();
  copy(all);
}

void SavedSpace::flip() {
  waiting_.clear();
  waiting_.swap(dirty_);
  copied_ = 0;
  snapshot_delta_ = nullptr;
  if (erased_.empty()) return;
  std::erase_if(erased_, [&](const auto& one) { return one.second <= tables_.written(); });
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
  const RecordMark& mark = mark_of(record);
  if (is_waiting(mark)) {
    copy_early(record);
  } else if (mark.generation == tables_.generation()) {
    dirty_[mark.place] = nullptr;
  }
  if (mark.in_tier == 0) return;
  tables_.next().space(prefix_).gone(record->hash, form_.key(record));
  if (cold_ || table_.evictable()) erased_[tier_key({}, record->hash, form_.key(record))] = tables_.generation();
}

void SavedSpace::leave_behind(RecordArena memory) {
  SpaceDelta& delta = snapshot_delta();
  tables_.leave_behind(std::make_unique<LeftBehind>(std::exchange(waiting_, {}), std::exchange(copied_, 0),
                                                    std::move(memory), form_, delta));
}

void SavedSpace::cleared() {
  dirty_.clear();
  erased_.clear();
  tables_.clear_space(prefix_);
  cold_ = false;
}

void SavedSpace::released() {
  copy_rest();
  if (!dirty_.empty()) {
    SpaceDelta& delta = tables_.next().space(prefix_);
    delta.expect(dirty_.size());
    for (RecordHead* record : dirty_)
      if (record != nullptr) write_down(record, delta);
    tables_.stored(prefix_, tables_.generation());
  }
  dirty_.clear();
  erased_.clear();
  cold_ = false;
}

bool SavedSpace::was_erased(std::uint64_t hash, std::string_view key, std::uint32_t written) const {
  if (erased_.empty()) return false;
  const auto at = erased_.find(tier_key({}, hash, key));
  return at != erased_.end() && at->second > written;
}

void SavedSpace::damaged() {
  tables_.fail({"state_damaged", "saved state of `" + node_ + "` holds what is no value of its table `" + name_ + "`",
                base::Origin::kEnvironment, false, node_});
}

void SavedSpace::look_up(std::span<RecordHead* const> records, std::vector<std::uint8_t>& found) {
  found.assign(records.size(), 0);
  keys_.clear();
  key_ends_.clear();
  for (const RecordHead* record : records) {
    append_tier_key(keys_, prefix_, record->hash, form_.key(record));
    key_ends_.push_back(keys_.size());
  }
  key_views_.clear();
  for (std::size_t i = 0, at = 0; i < records.size(); at = key_ends_[i++])
    key_views_.push_back(std::string_view(keys_).substr(at, key_ends_[i] - at));
  const std::uint32_t written = tables_.written();
  const auto done = tables_.tier().get(key_views_, [&](std::size_t i, std::string_view value) {
    if (was_erased(records[i]->hash, form_.key(records[i]), written)) return;
    if (!form_.load(records[i], value)) return damaged();
    loaded(records[i]);
    found[i] = 1;
  });
  if (!done) tables_.fail(done.error());
}

}  // namespace penstock::state
