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

/// One hand goes round the slots. Where enough is found at once, only older entries are given up from then on; where
/// too little is, younger ones as well.
void HashTable::give_up(std::size_t bytes) {
  constexpr std::size_t kLook = 16 << 10, kAhead = 16;
  const std::uint32_t now = saved_->tables().generation();
  const std::size_t before = arena_.bytes_in_use();
  std::size_t looked = 0;
  for (; looked < kLook && before - arena_.bytes_in_use() < bytes; ++looked) {
    if (hand_ >= index_.capacity()) {
      hand_ = 0;
      if (index_.sparse()) index_.shrink();
    }
    if (hand_ + kAhead < index_.capacity()) prefetch_mark(SlotIndex::record(index_.word(hand_ + kAhead)));
    RecordHead* record = SlotIndex::record(index_.word(hand_));
    if (record == nullptr || !saved_->is_clean(record) || now - mark_of(record).generation < age_) {
      ++hand_;
      continue;
    }
    forget(record);  // Another may come into this slot.
    saved_->set_cold();
  }
  if (looked == kLook)
    age_ /= 2;
  else if (looked < kLook / 16)
    age_ = std::min(age_ + 1, now);
}

}  // namespace penstock::state
