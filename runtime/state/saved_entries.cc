#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/hash_table.h"

/// What a HashTable does only where state is saved: marks what it lends out, reads back what is not in memory, and
/// gives up what was not used.
namespace penstock::state {

/// Of a run whose entries have been found or made.
void HashTable::account_for(std::span<api::Entry> entries, std::uint8_t* inserted) {
  if (!fresh_.empty()) read_back_fresh(inserted);
  for (const api::Entry& entry : entries) saved_->touch(reinterpret_cast<RecordHead*>(entry.value) - 1);
}

/// In the order of hashes, which is that of ranges and buckets.
void HashTable::read_back_fresh(std::uint8_t* inserted) {
  std::sort(fresh_.begin(), fresh_.end(),
            [](const Fresh& a, const Fresh& b) { return a.record->hash < b.record->hash; });
  ranges_.clear();
  for (const Fresh& fresh : fresh_) saved_->is_unread(fresh.record->hash, ranges_);
  read_ranges();
  constexpr std::size_t kAhead = 8;
  for (std::size_t i = 0; i < fresh_.size(); ++i) {
    if (const Spill* spill = saved_->spill()) {
      if (i + 2 * kAhead < fresh_.size()) spill->prefetch(fresh_[i + 2 * kAhead].record->hash);
      if (i + kAhead < fresh_.size()) spill->prefetch_entries(fresh_[i + kAhead].record->hash);
    }
    const bool there = saved_->is_loaded(fresh_[i].record) || saved_->take_from_spill(fresh_[i].record);
    if (there && inserted != nullptr) inserted[fresh_[i].row] = 0;
  }
  fresh_.clear();
}

void HashTable::read_ranges() {
  if (ranges_.empty()) return;
  saved_->read(ranges_, [this](std::uint64_t hash, std::string_view key, std::string_view value) {
    if (!form().is_key(key)) return saved_->damaged();
    take_in(hash, key, value);
  });
}

/// An entry that comes back; a run at work may have made its record already.
void HashTable::take_in(std::uint64_t hash, std::string_view key, std::string_view value) {
  RecordHead* record = find_stored(hash, key);
  if (record == nullptr) record = make_stored(hash, key);
  saved_->loaded(record);
  if (!form().load(record, value)) saved_->damaged();
}

/// Makes what is unknown, which asks the tier, and takes away again what the tier did not know either.
void HashTable::find_cold(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries) {
  std::vector<std::uint8_t> inserted(rows.count);
  find_or_insert(rows, key_fields, entries, inserted.data());
  std::vector<std::byte*> unknown;
  for (std::uint32_t row = 0; row < rows.count; ++row)
    if (inserted[row] != 0) unknown.push_back(entries[row].value);
  std::sort(unknown.begin(), unknown.end());
  for (api::Entry& entry : entries.first(rows.count))
    if (std::binary_search(unknown.begin(), unknown.end(), entry.value)) entry = {entry.hash, nullptr, nullptr};
  for (std::byte* value : unknown) erase({0, value, nullptr});
}

void HashTable::read_all_back() {
  saved_->all_unread(ranges_);
  read_ranges();
  saved_->take_all_from_spill(
      [this](std::uint64_t hash, std::string_view key, std::string_view value) { take_in(hash, key, value); });
}

RecordHead* HashTable::find_stored(std::uint64_t hash, std::string_view key) const {
  const RecordForm as = form();
  for (std::size_t slot = index_.home(hash); index_.word(slot) != 0; slot = index_.next(slot)) {
    RecordHead* record = SlotIndex::record(index_.word(slot));
    if (record->hash == hash && as.key(record) == key) return record;
  }
  return nullptr;
}

RecordHead* HashTable::make_stored(std::uint64_t hash, std::string_view key) {
  if (index_.full()) index_.grow();
  RecordHead* record = make_record(numbers() ? 0 : key.size());
  record->hash = hash;
  record->key = form().head_key(hash, key);
  if (!numbers() && !key.empty()) std::memcpy(record->value() + value_bytes_, key.data(), key.size());
  std::size_t slot = index_.home(hash);
  while (index_.word(slot) != 0) slot = index_.next(slot);
  index_.put(slot, record);
  return record;
}

/// Of what is only in the tier, reading alone can tell.
std::size_t HashTable::size() const {
  if (!saved_) return index_.size();
  auto* self = const_cast<HashTable*>(this);
  saved_->all_unread(self->ranges_);
  self->read_ranges();
  return index_.size() + saved_->spilled();
}

void HashTable::set_space(std::string_view space) {
  if (space_ == nullptr) return;
  CHECK(index_.size() == 0 && space_->spilled() == 0);
  saved_ = space_.get();
  saved_->set_space(space);
}

void HashTable::touch(const api::Entry& entry) {
  if (saved_) saved_->touch(reinterpret_cast<RecordHead*>(entry.value) - 1);
}

void HashTable::release_space() {
  if (saved_ == nullptr) return;
  if (saved_->cold()) read_all_back();
  saved_->released();
  saved_ = nullptr;
}

void HashTable::forget_ticks() {
  for (std::size_t slot = 0; slot < index_.capacity(); ++slot)
    if (index_.word(slot) != 0) mark_of(SlotIndex::record(index_.word(slot))).tick = 0;
}

/// One hand goes round the slots, in the order of hashes.
void HashTable::give_up(std::size_t bytes) {
  if (saved_ == nullptr) return;
  constexpr std::size_t kLook = 16 << 10;
  const std::size_t wanted = memory_used() - std::min(memory_used(), bytes);
  for (std::size_t looked = 0; looked < kLook && memory_used() > wanted && saved_->tables().fault() == nullptr;) {
    looked += give_up_some();
    judge_age();
  }
}

/// Where many of what it meets would go, only older entries go from then on; where hardly any would, younger ones as
/// well. Many at a time are cheaper to put on disk, but the slots behind the hand become emptier than those before it,
/// which must not overflow.
void HashTable::judge_age() {
  constexpr std::size_t kToJudge = 512;
  constexpr std::uint32_t kOldest = 64;
  if (seen_ < kToJudge) return;
  if (gone_ * 3 > seen_) age_ = std::min(age_ + 1, kOldest);
  if (gone_ * 6 < seen_ && age_ > 0) --age_;
  seen_ = gone_ = 0;
}

/// Of some hundred slots that are taken from the hand on, and those up to the next empty one; how many slots that were.
std::size_t HashTable::give_up_some() {
  constexpr std::size_t kStretch = 512, kAhead = 16;
  if (hand_ >= index_.capacity()) {
    if (index_.sparse()) index_.shrink();
    hand_ = 0;
  }
  const std::uint32_t now = saved_->tick();
  const std::size_t begin = hand_;
  std::size_t leaving = 0;
  std::size_t end = hand_;
  for (; end < index_.capacity() && (end - begin < kStretch || index_.word(end) != 0); ++end) {
    if (end + kAhead < index_.capacity()) prefetch_mark(SlotIndex::record(index_.word(end + kAhead)));
    RecordHead* record = SlotIndex::record(index_.word(end));
    if (record == nullptr) continue;
    ++seen_;
    RecordMark& mark = mark_of(record);
    if (now - mark.tick < age_) continue;
    if (mark.uses > 1) {
      --mark.uses;
      continue;
    }
    saved_->leave(record);
    ++leaving;
  }
  const std::size_t gone = leaving > 0 ? saved_->evict() : 0;
  gone_ += gone;
  if (gone > 0) {
    while (hand_ < end) {
      hand_ += index_.sift(hand_, [this](RecordHead* record) {
        if (mark_of(record).leaving == 0) return false;
        drop(record);
        return true;
      });
    }
  }
  hand_ = std::max(hand_, end);
  return hand_ - begin;
}

}  // namespace penstock::state
