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

void HashTable::read_back_fresh(std::uint8_t* inserted) {
  const RecordForm as = form();
  std::sort(fresh_.begin(), fresh_.end(), [&](const Fresh& a, const Fresh& b) {  // In the order of the tier.
    return a.record->hash != b.record->hash ? a.record->hash < b.record->hash : as.key(a.record) < as.key(b.record);
  });
  asked_.clear();
  for (const Fresh& fresh : fresh_) asked_.push_back(fresh.record);
  saved_->look_up(asked_, found_);
  for (std::size_t i = 0; inserted != nullptr && i < fresh_.size(); ++i)
    if (found_[i] != 0) inserted[fresh_[i].row] = 0;
  fresh_.clear();
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
  const RecordForm as = form();
  saved_->for_stored([&](std::uint64_t hash, std::string_view key, std::string_view value) {
    if (!as.is_key(key)) return saved_->damaged();
    if (find_stored(hash, key) != nullptr) return;
    RecordHead* record = make_stored(hash, key);
    saved_->loaded(record);
    if (!as.load(record, value)) saved_->damaged();
  });
  saved_->set_warm();
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

/// With entries that are not in memory, only reading them all can tell.
std::size_t HashTable::size() const {
  if (saved_ && saved_->cold()) const_cast<HashTable*>(this)->read_all_back();
  return index_.size();
}

void HashTable::set_space(std::string_view space) {
  if (space_ == nullptr) return;
  CHECK(index_.size() == 0);
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

/// One hand goes round the slots. Where most of what it meets would go, only older entries go from then on; where
/// hardly any would, younger ones as well. What is not yet in the tier cannot go: when the hand has been round in vain
/// it rests until more has been written.
void HashTable::give_up(std::size_t bytes) {
  constexpr std::size_t kLook = 2 << 10, kToJudge = 256;
  const std::uint32_t now = saved_->tables().generation(), written = saved_->tables().written();
  if (written != round_of_) {
    round_of_ = written;
    in_round_ = 0;
  }
  if (age_ == 0 && in_round_ > index_.capacity()) return;
  const std::size_t before = arena_.bytes_in_use();
  std::size_t looked = 0, gone = 0;
  while (looked < kLook && before - arena_.bytes_in_use() < bytes) looked += give_up_some(gone);
  if (gone > 0) saved_->set_cold();
  in_round_ += looked;
  looked_ += looked;
  gone_ += gone;
  if (looked_ < kToJudge) return;
  if (gone_ * 4 > looked_) age_ = std::min(age_ + 1, now);
  if (gone_ * 16 < looked_ && age_ > 0) --age_;
  looked_ = gone_ = 0;
}

/// Of the slots that are taken from the hand on; how many slots those are.
std::size_t HashTable::give_up_some(std::size_t& gone) {
  constexpr std::size_t kAhead = 16;
  if (hand_ >= index_.capacity()) {
    if (index_.sparse()) index_.shrink();
    hand_ = 0;
  }
  const std::uint32_t now = saved_->tables().generation(), written = saved_->tables().written();
  std::size_t at = hand_;
  const std::size_t passed = index_.sift(hand_, [&](RecordHead* record) {
    if (++at + kAhead < index_.capacity()) prefetch_mark(SlotIndex::record(index_.word(at + kAhead)));
    const std::uint32_t used = mark_of(record).generation;
    if (used > written || now - used < age_) return false;
    drop(record);
    ++gone;
    return true;
  });
  hand_ += passed;
  return passed;
}

}  // namespace penstock::state
