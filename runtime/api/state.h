/// Keyed state as an operator sees it: tables from key to a fixed number of bytes, asked for a run of rows at a time.
/// Stored by key group, so that it can be snapshot, moved and restored by group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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

/// Called on the value bytes of an entry: when it is made (memory is zeroed), erased, put into a checkpoint and taken
/// out of one. Tables may outlive the operator that gave the hooks.
struct ValueHooks {
  std::function<void(std::byte*)> construct{};  ///< May be empty: zeroed bytes are a good start.
  std::function<void(std::byte*)> destroy{};    ///< May be empty: nothing to free.
  /// Appends the value in a form that does not depend on this process. May be empty: the value bytes are that form.
  std::function<void(const std::byte*, std::string&)> save{};
  /// The reverse, into a value just made. False: these bytes are no such value. Given exactly when `save` is.
  std::function<bool(std::string_view, std::byte*)> load{};
};

/// What a table is for. Tables of one node with the same name are one body of state, divided into spaces.
struct TableSpec {
  std::string name;  ///< Unique within the node, stable over versions: what was saved is found by it.
  std::vector<record::Type> key_types;
  std::size_t value_bytes = 0;
  ValueHooks hooks{};
  /// Saved with each checkpoint. False: derived from other state, made anew after a restart.
  bool durable = true;
  /// Entries that were not asked for in a while may leave memory (and come back when they are): only for users who keep
  /// no Entry from one run to the next.
  bool evictable = false;
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

  // --- durable tables
  /// Each change is going to be saved. False: in memory only, and what follows costs and does nothing.
  virtual bool saved() const { return false; }
  /// Which space of its name this table stands for from now on (a window's slice; bytes of the operator's choice); ""
  /// before the first call. Only on an empty table. What the restored checkpoint holds in that space is there at once.
  virtual void set_space(std::string_view space) { (void)space; }
  /// The value of an entry got from scan() or kept from an earlier run is about to be changed (a snapshot under way may
  /// still want it as it is). find_or_insert() and find() take that for granted of every entry they return.
  virtual void touch(const Entry& entry) { (void)entry; }
  /// The entries stay in the checkpoints to come as they are now, until forget_space(), whatever becomes of those in
  /// memory: of slices that get no more rows and are worked on in another form. clear() makes it an ordinary table.
  virtual void release_space() {}
};

class StateStore {
 public:
  virtual ~StateStore() = default;
  /// A new table owned by the caller (windows make one per slice, and use it again). Empty, but for what a restored
  /// checkpoint holds in space "" of its name.
  virtual std::unique_ptr<StateTable> make_table(TableSpec spec) = 0;
  /// The spaces (but "") of this table that hold entries in the restored checkpoint and belong to this task's key
  /// groups.
  virtual std::vector<std::string> restored_spaces(std::string_view table) const {
    (void)table;
    return {};
  }
  /// What was put aside with release_space() is not needed any more.
  virtual void forget_space(std::string_view table, std::string_view space) { (void)table, (void)space; }
};

}  // namespace penstock::api
