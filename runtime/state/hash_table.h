/// A StateTable in memory: an index of slots ordered by hash (and so by key group) over records in an arena,
/// [hash][key or its length][value][key's bytes]. A run is looked up in passes (slots prefetched, then records, then
/// compared), so that cache misses overlap; nothing is allocated unless the table grows. Where state is saved, each
/// record has a mark before it, a run marks what it lends out as changed, and what is not in memory is read back, once
/// a run. THREAD: one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/state.h"
#include "runtime/state/key_codec.h"
#include "runtime/state/record_arena.h"
#include "runtime/state/saved_space.h"
#include "runtime/state/slot_index.h"

namespace penstock::state {

class HashTable final : public api::StateTable {
 public:
  /// `saving`, which outlives it: where changes go; nullptr: in memory only.
  HashTable(api::TableSpec spec, GroupRange groups, SavedTables* saving = nullptr, std::string node = {});
  ~HashTable() override;
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;

  std::size_t value_bytes() const override { return value_bytes_; }
  std::size_t size() const override;
  void find_or_insert(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries,
                      std::uint8_t* inserted) override;
  void find(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries) override;
  void find_or_insert_from(std::span<const api::Entry> theirs, std::span<api::Entry> ours) override;
  std::size_t scan(std::size_t& cursor, std::span<api::Entry> out) override;
  void read_keys(std::span<const api::Entry> entries, std::span<record::ColumnBuffer*> columns) const override;
  void erase(const api::Entry& entry) override;
  void clear() override;

  bool saved() const override { return space_ != nullptr; }
  void set_space(std::string_view space) override;
  void touch(const api::Entry& entry) override;
  void release_space() override;

  bool evictable() const { return evictable_; }
  std::size_t memory_used() const { return arena_.bytes_in_use() + index_.bytes(); }
  std::size_t in_memory() const { return index_.size(); }  ///< Entries.
  void forget_ticks();                                     ///< Of all records, which then look unused.
  /// Gives up entries that have not been used for longest, about as many bytes as are asked for where that many are
  /// clean; at most a small part of the table is looked at.
  void give_up(std::size_t bytes);

 private:
  struct Fresh {
    RecordHead* record;
    std::uint32_t row;
  };
  enum class Shape : std::uint8_t { kNumber, kFloat, kText, kCoded };
  static Shape shape_of(const std::vector<record::Type>& types);
  bool numbers() const { return shape_ == Shape::kNumber || shape_ == Shape::kFloat; }

  const std::uint64_t* hashes_of(const record::Rows& rows, std::span<const int> key_fields);
  template <class Visit>
  void with_keys(const record::Rows& rows, std::span<const int> key_fields, Visit&& visit);
  template <class Keys>
  RecordHead* probe_far(SlotIndex::View& index, const Keys& keys, std::uint64_t hash, std::uint32_t row,
                        std::uint8_t* inserted);
  template <class Keys>
  void find_or_insert_keys(const Keys& keys, const std::uint64_t* hashes, std::span<api::Entry> entries,
                           std::uint8_t* inserted);
  template <class Keys>
  void find_keys(const Keys& keys, const std::uint64_t* hashes, std::span<api::Entry> entries);
  template <class Keys>
  static RecordHead* probe_near(const SlotIndex::View& index, const Keys& keys, std::uint64_t hash, std::uint32_t row);
  template <class Keys>
  static std::size_t probe(const SlotIndex::View& index, const Keys& keys, std::uint64_t hash, std::uint32_t row);
  template <class Keys>
  RecordHead* insert(const Keys& keys, std::size_t slot, std::uint64_t hash, std::uint32_t row);
  void prefetch(const std::uint64_t* hashes, std::size_t count) const;

  void account_for(std::span<api::Entry> entries, std::uint8_t* inserted);
  void read_back_fresh(std::uint8_t* inserted);
  void read_ranges();
  void take_in(std::uint64_t hash, std::string_view key, std::string_view value);
  void find_cold(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries);
  void read_all_back();
  RecordHead* find_stored(std::uint64_t hash, std::string_view key) const;
  RecordHead* make_stored(std::uint64_t hash, std::string_view key);
  void forget(RecordHead* record);
  void drop(RecordHead* record);  ///< Its slot has been emptied.
  void forget_all();
  std::size_t give_up_some();
  void judge_age();
  RecordHead* make_record(std::size_t stored_bytes);
  RecordForm form() const { return {numbers(), shape_ == Shape::kCoded, value_bytes_, &hooks_}; }

  std::size_t record_bytes(const RecordHead* record) const;
  std::size_t record_bytes_for(std::size_t stored) const {
    return mark_bytes_ + sizeof(RecordHead) + value_bytes_ + (stored + 7) / 8 * 8;
  }
  static api::Entry entry_of(RecordHead* record) {
    return {record->hash, record->value(), reinterpret_cast<const std::byte*>(record)};
  }
  static bool read_numbers(std::span<const api::Entry> entries, record::ColumnBuffer& column);
  void destroy_values(bool all);  ///< Or but for those that a snapshot still waits for.

  Shape shape_;
  std::size_t value_bytes_;
  std::size_t mark_bytes_;  ///< Before each record: 0 where state is not saved.
  bool evictable_;
  std::vector<record::Type> key_types_;
  api::ValueHooks hooks_;
  KeyCodec codec_;
  SlotIndex index_;
  RecordArena arena_;
  std::vector<std::uint64_t> hashes_;

  std::unique_ptr<SavedSpace> space_;  ///< nullptr: in memory only.
  SavedSpace* saved_ = nullptr;        ///< The same, but while what is in memory is no more what is saved.
  std::vector<Fresh> fresh_;           ///< Made by the run at work, and not yet asked for of the tier.
  std::vector<HashRange> ranges_;      ///< To be read.
  std::size_t hand_ = 0;               ///< Of eviction: the next slot.
  std::uint32_t age_ = 1;              ///< Entries unused for so many ticks go.
  std::size_t seen_ = 0, gone_ = 0;    ///< Entries, since age_ was judged.
};

}  // namespace penstock::state
