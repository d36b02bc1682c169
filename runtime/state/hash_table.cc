#include "runtime/state/hash_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/record/key_hash.h"
#include "runtime/state/key_run.h"

namespace penstock::state {
namespace {
constexpr std::size_t kBlock = 128;  ///< Keys looked up together: enough to hide a miss, few enough to stay in cache.
constexpr std::size_t kCachedBytes =
    512 << 10;  ///< A table this small is in cache anyway; prefetching would only cost.
}  // namespace

HashTable::Shape HashTable::shape_of(const std::vector<record::Type>& types) {
  if (types.size() != 1) return Shape::kCoded;
  if (types[0].kind == record::Kind::kFloat64) return Shape::kFloat;
  if (record::is_slot(types[0].kind)) return Shape::kNumber;
  return record::is_text(types[0].kind) ? Shape::kText : Shape::kCoded;
}

HashTable::HashTable(api::TableSpec spec, GroupRange groups, SavedTables* saving, std::string node)
    : shape_(shape_of(spec.key_types)),
      value_bytes_((spec.value_bytes + 7) / 8 * 8),
      mark_bytes_(saving == nullptr ? 0 : sizeof(RecordMark)),
      evictable_(spec.evictable),
      key_types_(std::move(spec.key_types)),
      hooks_(std::move(spec.hooks)),
      codec_(key_types_),
      index_(groups) {
  if (saving == nullptr) return;
  if (evictable_ && saving->bounded()) index_.set_dense();
  space_ = std::make_unique<SavedSpace>(*saving, std::move(node), std::move(spec.name), groups, *this, form());
  saved_ = space_.get();
}

HashTable::~HashTable() { destroy_values(true); }

const std::uint64_t* HashTable::hashes_of(const record::Rows& rows, std::span<const int> key_fields) {
  if (rows.key_hash != nullptr && rows.selection == nullptr) return rows.key_hash;
  if (hashes_.size() < rows.count) hashes_.resize(rows.count);
  if (rows.key_hash == nullptr) {
    record::hash_keys(rows, key_fields, hashes_.data());
  } else {
    for (std::uint32_t row = 0; row < rows.count; ++row) hashes_[row] = rows.key_hash[rows.selection[row]];
  }
  return hashes_.data();
}

template <class Visit>
void HashTable::with_keys(const record::Rows& rows, std::span<const int> key_fields, Visit&& visit) {
  if (shape_ == Shape::kCoded)
    return visit(BytesKeys<true>{codec_.encode(rows, key_fields).data(), nullptr, nullptr, value_bytes_});
  const record::Column& column = rows.columns[static_cast<std::size_t>(key_fields[0])];
  const bool dense = rows.selection == nullptr && column.state == nullptr;
  if (shape_ == Shape::kText) {
    const auto* texts = column.cells<record::Text>();
    return dense ? visit(BytesKeys<true>{texts, nullptr, nullptr, value_bytes_})
                 : visit(BytesKeys<false>{texts, column.state, rows.selection, value_bytes_});
  }
  if (shape_ == Shape::kFloat) return visit(NumberKeys<true, false>{column.data, column.state, rows.selection});
  dense ? visit(NumberKeys<false, true>{column.data, nullptr, nullptr})
        : visit(NumberKeys<false, false>{column.data, column.state, rows.selection});
}

void HashTable::prefetch(const std::uint64_t* hashes, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(index_.address(index_.home(hashes[i])));
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t slot = index_.home(hashes[i]);
    const std::uint64_t word = index_.word(slot);
    __builtin_prefetch(SlotIndex::record(word), 1);  // Of the wrong record where the first slot is another's: rare.
  }
}

/// One of the first two slots, without a branch on which: nobody could predict that. nullptr: in neither.
template <class Keys>
RecordHead* HashTable::probe_near(const SlotIndex::View& index, const Keys& keys, std::uint64_t hash,
                                  std::uint32_t row) {
  const std::size_t slot = index.home(hash);
  const std::uint64_t first = index.slots[slot], second = index.slots[(slot + 1) & index.mask];
  const std::uint64_t other = SlotIndex::tag_matches(first, hash) ? 0 : ~std::uint64_t{0};
  const std::uint64_t word = first ^ ((first ^ second) & other);
  const bool here = SlotIndex::tag_matches(word, hash) && word != 0;
  return here && keys.matches(SlotIndex::record(word), hash, row) ? SlotIndex::record(word) : nullptr;
}

/// The slot with the key, or the empty one where it would go.
template <class Keys>
std::size_t HashTable::probe(const SlotIndex::View& index, const Keys& keys, std::uint64_t hash, std::uint32_t row) {
  for (std::size_t slot = index.home(hash);; slot = (slot + 1) & index.mask) {
    const std::uint64_t word = index.slots[slot];
    if (word == 0) return slot;
    if (SlotIndex::tag_matches(word, hash) && keys.matches(SlotIndex::record(word), hash, row)) return slot;
  }
}

/// With a value as new; hash and key are the caller's.
RecordHead* HashTable::make_record(std::size_t stored_bytes) {
  auto* record = reinterpret_cast<RecordHead*>(arena_.allocate(record_bytes_for(stored_bytes)) + mark_bytes_);
  if (saved_) saved_->made(record);
  std::memset(record->value(), 0, value_bytes_);
  if (hooks_.construct) hooks_.construct(record->value());
  return record;
}

template <class Keys>
RecordHead* HashTable::insert(const Keys& keys, std::size_t slot, std::uint64_t hash, std::uint32_t row) {
  if (index_.full()) {
    index_.grow();
    for (slot = index_.home(hash); index_.word(slot) != 0;) slot = index_.next(slot);
  }
  RecordHead* record = make_record(keys.stored_bytes(row));
  record->hash = hash;
  keys.store(record, record->value() + value_bytes_, row);
  index_.put(slot, record);
  if (saved_ && saved_->cold()) fresh_.push_back({record, row});
  return record;
}

/// For a row that probe_near did not find: its record, found further on or made.
template <class Keys>
RecordHead* HashTable::probe_far(SlotIndex::View& index, const Keys& keys, std::uint64_t hash, std::uint32_t row,
                                 std::uint8_t* inserted) {
  const std::size_t slot = probe(index, keys, hash, row);
  if (index.slots[slot] != 0) return SlotIndex::record(index.slots[slot]);
  RecordHead* record = insert(keys, slot, hash, row);
  index = index_.view();
  if (inserted != nullptr) inserted[row] = 1;
  return record;
}

template <class Keys>
void HashTable::find_or_insert_keys(const Keys& keys, const std::uint64_t* hashes, std::span<api::Entry> entries,
                                    std::uint8_t* inserted) {
  if (inserted != nullptr) std::memset(inserted, 0, entries.size());
  SlotIndex::View index = index_.view();
  for (std::size_t begin = 0; begin < entries.size(); begin += kBlock) {
    const std::size_t end = std::min(entries.size(), begin + kBlock);
    if (arena_.bytes_used() > kCachedBytes) prefetch(hashes + begin, end - begin);
    for (std::size_t row = begin; row < end; ++row) {
      RecordHead* record = probe_near(index, keys, hashes[row], static_cast<std::uint32_t>(row));
      if (record == nullptr) record = probe_far(index, keys, hashes[row], static_cast<std::uint32_t>(row), inserted);
      entries[row] = entry_of(record);
    }
  }
  if (saved_ != nullptr) account_for(entries, inserted);
}

template <class Keys>
void HashTable::find_keys(const Keys& keys, const std::uint64_t* hashes, std::span<api::Entry> entries) {
  const SlotIndex::View index = index_.view();
  for (std::size_t begin = 0; begin < entries.size(); begin += kBlock) {
    const std::size_t end = std::min(entries.size(), begin + kBlock);
    if (arena_.bytes_used() > kCachedBytes) prefetch(hashes + begin, end - begin);
    for (std::size_t row = begin; row < end; ++row) {
      const std::size_t slot = probe(index, keys, hashes[row], static_cast<std::uint32_t>(row));
      RecordHead* record = SlotIndex::record(index.slots[slot]);
      entries[row] = record == nullptr ? api::Entry{hashes[row], nullptr, nullptr} : entry_of(record);
      if (saved_ && record != nullptr) saved_->touch(record);
    }
  }
}

void HashTable::find_or_insert(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries,
                               std::uint8_t* inserted) {
  const std::uint64_t* hashes = hashes_of(rows, key_fields);
  with_keys(rows, key_fields,
            [&](const auto& keys) { find_or_insert_keys(keys, hashes, entries.first(rows.count), inserted); });
}

void HashTable::find(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries) {
  if (saved_ && saved_->cold()) return find_cold(rows, key_fields, entries);
  const std::uint64_t* hashes = hashes_of(rows, key_fields);
  with_keys(rows, key_fields, [&](const auto& keys) { find_keys(keys, hashes, entries.first(rows.count)); });
}

void HashTable::find_or_insert_from(std::span<const api::Entry> theirs, std::span<api::Entry> ours) {
  if (hashes_.size() < theirs.size()) hashes_.resize(theirs.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) hashes_[i] = theirs[i].hash;
  const EntryKeys keys{theirs, value_bytes_, numbers()};
  find_or_insert_keys(keys, hashes_.data(), ours.first(theirs.size()), nullptr);
}

/// Without a branch on whether a slot is taken, which nobody could predict: as many slots at a time as there is room
/// for, were all of them taken.
std::size_t HashTable::scan(std::size_t& cursor, std::span<api::Entry> out) {
  if (cursor == 0 && saved_ && saved_->cold()) read_all_back();
  const std::uint64_t* slots = index_.view().slots;
  const std::size_t capacity = index_.capacity();
  std::size_t found = 0, at = cursor;
  while (at < capacity && found < out.size()) {
    const std::size_t end = std::min(capacity, at + (out.size() - found));
    for (; at < end; ++at) {
      out[found].hash = slots[at];
      found += slots[at] != 0;
    }
  }
  cursor = at;
  for (api::Entry& entry : out.first(found)) entry = entry_of(SlotIndex::record(entry.hash));
  return found;
}

/// Whether there is no null among them; then the column has them all.
bool HashTable::read_numbers(std::span<const api::Entry> entries, record::ColumnBuffer& column) {
  auto* cells = column.resize<std::uint64_t>(static_cast<std::uint32_t>(entries.size()));
  bool null = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    cells[i] = reinterpret_cast<const RecordHead*>(entries[i].key)->key;
    null |= cells[i] == kNullKey;
  }
  if (null) column.clear();
  return !null;
}

void HashTable::read_keys(std::span<const api::Entry> entries, std::span<record::ColumnBuffer*> columns) const {
  if (columns.empty()) return;
  if (shape_ == Shape::kNumber && columns[0]->size() == 0 && read_numbers(entries, *columns[0])) return;
  const std::uint64_t null_hash = record::null_key_hash();
  for (const api::Entry& entry : entries) {
    const auto* record = reinterpret_cast<const RecordHead*>(entry.key);
    const auto* stored = reinterpret_cast<const char*>(record->value()) + value_bytes_;
    if (shape_ != Shape::kCoded && record->key == kNullKey && record->hash == null_hash) {
      columns[0]->append_null();
    } else if (shape_ == Shape::kText) {
      columns[0]->append_text({stored, record->key});
    } else if (shape_ == Shape::kCoded) {
      for (std::size_t field = 0; field < columns.size(); ++field)
        codec_.decode({stored, record->key}, field, *columns[field]);
    } else if (shape_ == Shape::kFloat) {
      columns[0]->append_float(__builtin_bit_cast(double, record->key));
    } else {
      columns[0]->append_int(static_cast<std::int64_t>(record->key));
    }
  }
}

std::size_t HashTable::record_bytes(const RecordHead* record) const {
  return record_bytes_for(numbers() || record->key == kNullKey ? 0 : record->key);
}

void HashTable::erase(const api::Entry& entry) {
  auto* record = reinterpret_cast<RecordHead*>(entry.value) - 1;
  if (saved_) saved_->erased(record);
  forget(record);
}

void HashTable::forget(RecordHead* record) {
  index_.remove(record);
  drop(record);
}

void HashTable::drop(RecordHead* record) {
  if (hooks_.destroy) hooks_.destroy(record->value());
  arena_.release(reinterpret_cast<std::byte*>(record) - mark_bytes_, record_bytes(record));
}

void HashTable::destroy_values(bool all) {
  if (!hooks_.destroy) return;
  for (std::size_t slot = 0; slot < index_.capacity(); ++slot) {
    RecordHead* record = SlotIndex::record(index_.word(slot));
    if (record != nullptr && (all || !saved_->is_waiting(record))) hooks_.destroy(record->value());
  }
}

void HashTable::forget_all() {
  const bool wanted = saved_ != nullptr && saved_->is_copying();
  destroy_values(!wanted);
  index_.clear();
  if (wanted) saved_->leave_behind(std::exchange(arena_, RecordArena()));
  arena_.reset();
}

void HashTable::clear() {
  forget_all();
  if (saved_ != nullptr) saved_->cleared();
  if (space_ != nullptr && saved_ == nullptr) set_space({});
}

}  // namespace penstock::state
