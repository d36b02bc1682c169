/// A StateTable in memory: an index of slots ordered by hash (and so by key group) over records in an arena,
/// [hash][key or its length][value][key's bytes]. A run is looked up in passes (slots prefetched, then records, then
/// compared), so that cache misses overlap; nothing is allocated unless the table grows. THREAD: one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/api/state.h"
#include "runtime/state/key_codec.h"
#include "runtime/state/record_arena.h"
#include "runtime/state/slot_index.h"

namespace penstock::state {

class HashTable final : public api::StateTable {
 public:
  HashTable(std::vector<record::Type> key_types, std::size_t value_bytes, api::ValueHooks hooks, GroupRange groups);
  ~HashTable() override;
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;

  std::size_t value_bytes() const override { return value_bytes_; }
  std::size_t size() const override { return index_.size(); }
  void find_or_insert(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries,
                      std::uint8_t* inserted) override;
  void find(const record::Rows& rows, std::span<const int> key_fields, std::span<api::Entry> entries) override;
  void find_or_insert_from(std::span<const api::Entry> theirs, std::span<api::Entry> ours) override;
  std::size_t scan(std::size_t& cursor, std::span<api::Entry> out) override;
  void read_keys(std::span<const api::Entry> entries, std::span<record::ColumnBuffer*> columns) const override;
  void erase(const api::Entry& entry) override;
  void clear() override;

 private:
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

  std::size_t record_bytes(const RecordHead* record) const;
  std::size_t record_bytes_for(std::size_t stored) const {
    return sizeof(RecordHead) + value_bytes_ + (stored + 7) / 8 * 8;
  }
  static api::Entry entry_of(RecordHead* record) {
    return {record->hash, record->value(), reinterpret_cast<const std::byte*>(record)};
  }
  static bool read_numbers(std::span<const api::Entry> entries, record::ColumnBuffer& column);
  void destroy_values();

  Shape shape_;
  std::size_t value_bytes_;
  std::vector<record::Type> key_types_;
  api::ValueHooks hooks_;
  KeyCodec codec_;
  SlotIndex index_;
  RecordArena arena_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace penstock::state
