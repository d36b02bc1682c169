/// The durable side of one table: which space of the tier it stands for, which of its records have changed in this
/// generation, and which of the last one's are still to be copied. A record that is lent out for changing, erased or
/// cleared before its turn is copied just then, so the snapshot is that of the flip. Owner and THREAD: the table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/state/record_arena.h"
#include "runtime/state/record_form.h"
#include "runtime/state/record_mark.h"
#include "runtime/state/saved_tables.h"

namespace penstock::state {

class HashTable;

class SavedSpace {
 public:
  /// `tables` outlives it. Stands for space "" at first.
  SavedSpace(SavedTables& tables, std::string node, std::string name, HashTable& table, RecordForm form);
  ~SavedSpace() { tables_.remove(this); }
  SavedSpace(const SavedSpace&) = delete;
  SavedSpace& operator=(const SavedSpace&) = delete;

  /// The record may be changed from now on.
  void touch(RecordHead* record) {
    if (mark_of(record).generation != tables_.generation()) [[unlikely]]
      first_touch(record);
  }
  void made(RecordHead* record) { mark_of(record) = {}; }
  void erased(RecordHead* record);   ///< Before it goes.
  void cleared();                    ///< When all records are gone or left behind; so are those in the tier.
  void released();                   ///< What is saved stays as it is from now on.
  void set_space(std::string_view);  ///< With no record left.

  std::size_t dirty() const { return dirty_.size(); }  ///< Records changed in this generation.

  // --- a snapshot
  void flip();
  bool copy(std::size_t& entries);  ///< Takes what it copies off `entries`; false: there is more.
  bool is_copying() const { return copied_ < waiting_.size(); }
  bool is_waiting(const RecordHead* record) const { return is_waiting(mark_of(const_cast<RecordHead*>(record))); }
  /// Those that are waiting, with the memory they are in: the table begins anew.
  void leave_behind(RecordArena memory);

  // --- records that are not in memory
  bool cold() const { return cold_; }  ///< The tier may have some.
  void set_cold() { cold_ = true; }    ///< One has left memory.
  void set_warm() { cold_ = false; }   ///< All have been read.
  /// Loads those of `records`, which have just been made and are in the tier's order, that the tier has; found[i] says
  /// which.
  void look_up(std::span<RecordHead* const> records, std::vector<std::uint8_t>& found);
  /// each(hash, key, value) of the tier's entries, whether they are in memory or not.
  template <class Each>
  void for_stored(Each&& each) {
    const std::uint32_t written = tables_.written();
    const auto done = tables_.tier().scan(prefix_, [&](const TierKey& key, std::string_view value) {
      if (!was_erased(key.hash, key.key, written)) each(key.hash, key.key, value);
    });
    if (!done) tables_.fail(done.error());
  }
  void loaded(RecordHead* record) { mark_of(record).in_tier = 1; }
  void damaged();  ///< An entry of the tier is no value of this table.

  const RecordForm& form() const { return form_; }
  SavedTables& tables() { return tables_; }
  HashTable& table() { return table_; }

 private:
  void first_touch(RecordHead* record);
  bool is_waiting(const RecordMark& mark) const {
    return mark.generation + 1 == tables_.generation() && mark.place >= copied_ && mark.place < waiting_.size();
  }
  void write_down(RecordHead* record, SpaceDelta& delta);
  void copy_early(RecordHead* record);
  void copy_rest();
  /// `written`: as it was before the tier was read, which may be written meanwhile.
  bool was_erased(std::uint64_t hash, std::string_view key, std::uint32_t written) const;
  SpaceDelta& snapshot_delta();

  SavedTables& tables_;
  std::string node_, name_, prefix_;
  HashTable& table_;
  RecordForm form_;
  std::vector<RecordHead*> dirty_;    ///< Of this generation; nullptr: erased since.
  std::vector<RecordHead*> waiting_;  ///< Of the last one; from copied_ on still to be copied. nullptr: was, early.
  std::size_t copied_ = 0;
  SpaceDelta* snapshot_delta_ = nullptr;
  bool cold_ = false;
  /// Keys that the tier still has, and since when not: until that is written. Only where the tier may be asked.
  std::unordered_map<std::string, std::uint32_t> erased_;
  std::string scratch_;
  std::string keys_;  ///< Of a look-up.
  std::vector<std::size_t> key_ends_;
  std::vector<std::string_view> key_views_;
};

}  // namespace penstock::state
