/// Keyed state as an operator sees it: tables from key to a fixed number of bytes, asked for a run of rows at a time.
/// Stored by key group, so that it can be snapshot, moved and restored by group (part 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/record/column_buffer.h"
#include "runtime/record/rows.h"

namespace penstock::api {

/// One entry of a table: `value` points to value_bytes() bytes, 8-aligned, that stay where they are until erased.
struct Entry {
  std::uint64_t hash = 0;
  std::byte* value = nullptr;
  const std::byte* key = nullptr;  ///< Opaque encoding; see StateTable::read_keys.
};

/// Called on the value bytes of an entry, once when it is made (memory is zeroed) and once when it is erased.
struct ValueHooks {
  std::function<void(std::byte*)> construct;  ///< May be empty: zeroed bytes are a good start.
  std::function<void(std::byte*)> destroy;    ///< May be empty: nothing to free.
};

class StateTable {
 public:
  virtual ~StateTable() = default;
  virtual std::size_t value_bytes() const = 0;
  virtual std::size_t size() const = 0;

  /// For each row of `rows`: its entry, found or made. `key_fields` index rows.columns; hashes are rows.key_hash when
  /// set, else computed. `entries[k].value` belongs to row k. `inserted`, when given, gets 1 for rows that made the
  /// entry.
  virtual void find_or_insert(const record::Rows& rows, std::span<const int> key_fields, std::span<Entry> entries,
                              std::uint8_t* inserted = nullptr) = 0;
  /// The same without making entries: value is nullptr where the key is unknown.
  virtual void find(const record::Rows& rows, std::span<const int> key_fields, std::span<Entry> entries) = 0;
  /// Finds or makes, in this table, the entries of another table's keys (merging of slices). Same key types.
  virtual void find_or_insert_from(std::span<const Entry> theirs, std::span<Entry> ours) = 0;

  /// Up to out.size() entries from `cursor` (0 starts), which advances; 0 when all have been seen. Do not insert or
  /// erase between calls of one scan.
  virtual std::size_t scan(std::size_t& cursor, std::span<Entry> out) = 0;
  /// Appends the key fields of the entries to `columns` (one per key field). Text is borrowed from the entries.
  virtual void read_keys(std::span<const Entry> entries, std::span<record::ColumnBuffer*> columns) const = 0;
  virtual void erase(const Entry& entry) = 0;  ///< Only `value` is looked at.
  virtual void clear() = 0;                    ///< Erases all; keeps memory for reuse.
};

class StateStore {
 public:
  virtual ~StateStore() = default;
  /// A new empty table owned by the caller (windows make one per slice and give it back by dropping it).
  virtual std::unique_ptr<StateTable> make_table(std::vector<record::Type> key_types, std::size_t value_bytes,
                                                 ValueHooks hooks) = 0;
};

}  // namespace penstock::api
