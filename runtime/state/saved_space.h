/// The durable side of one table: which space of the tier it stands for, which of its records have changed since the
/// last flip, and which of those before it are still to be copied. A record that is lent out for changing, erased,
/// evicted or cleared before its turn is copied just then, so the snapshot is that of the flip. And where the entries
/// are that are not in memory: each is in the spill, or in a range of the tier that was not read since the restore.
/// Owner and THREAD: the table.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/state/record_arena.h"
#include "runtime/state/record_form.h"
#include "runtime/state/record_mark.h"
#include "runtime/state/saved_tables.h"
#include "runtime/state/spill.h"
#include "runtime/state/unread_ranges.h"

namespace penstock::state {

class HashTable;

class SavedSpace {
 public:
  /// `tables` outlives it. Stands for space "" at first.
  SavedSpace(SavedTables& tables, std::string node, std::string name, GroupRange groups, HashTable& table,
             RecordForm form);
  ~SavedSpace() { tables_.remove(this); }
  SavedSpace(const SavedSpace&) = delete;
  SavedSpace& operator=(const SavedSpace&) = delete;

  /// The record may be changed from now on.
  void touch(RecordHead* record) {
    if (mark_of(record).tick != tick_) [[unlikely]]
      first_touch(record);
  }
  void made(RecordHead* record) { mark_of(record) = {}; }
  void erased(RecordHead* record);   ///< Before it goes.
  void cleared();                    ///< When all records are gone or left behind; so are those out of memory.
  void released();                   ///< What is saved stays as it is from now on.
  void set_space(std::string_view);  ///< With no record left.

  // --- a snapshot
  void flip();
  bool copy(std::size_t& entries);  ///< Takes what it copies off `entries`; false: there is more.
  bool is_copying() const { return copied_ < waiting_.size(); }
  bool is_waiting(const RecordHead* record) const {
    const RecordMark& mark = mark_of(const_cast<RecordHead*>(record));
    return mark.listed != 0 && mark.list != list_;
  }
  /// Those that are waiting, with the memory they are in: the table begins anew.
  void leave_behind(RecordArena memory);

  // --- entries that are not in memory
  bool cold() const { return unread_.any() || spilled() > 0; }  ///< There are some.
  std::size_t spilled() const { return spill_ ? spill_->size() : 0; }
  /// Takes note that a range is going to be read now, if the entry of this hash is in one that is unread.
  bool is_unread(std::uint64_t hash, std::vector<HashRange>& ranges);
  void all_unread(std::vector<HashRange>& ranges) { ranges = unread_.take_all(); }
  /// each(hash, key, value) of the tier's entries in those ranges, which ascend.
  template <class Each>
  void read(std::span<const HashRange> ranges, Each&& each) {
    const auto done = tables_.tier().scan(
        prefix_, ranges, [&](const TierKey& key, std::string_view value) { each(key.hash, key.key, value); });
    if (!done) tables_.fail(done.error());
  }
  const Spill* spill() const { return spilled() > 0 ? spill_.get() : nullptr; }
  bool take_from_spill(RecordHead* record);  ///< Of a record just made; whether its value was there.
  template <class Each>
  void take_all_from_spill(Each&& each) {
    if (spilled() == 0) return;
    if (const auto done = spill_->take_all(each); !done) tables_.fail(done.error());
  }
  void loaded(RecordHead* record) { mark_of(record).in_tier = 1; }
  bool is_loaded(RecordHead* record) const { return mark_of(record).in_tier != 0; }
  void damaged();  ///< An entry of the tier is no value of this table.

  // --- eviction
  /// Time as eviction counts it: a tick ends when so many records were used as a quarter of the table has. Where
  /// nothing is evicted, with a flip.
  std::uint32_t tick() const { return tick_; }
  void leave(RecordHead* record);  ///< Its entry is going to be evicted with others.
  /// Those go, as far as they can be taken: their marks say that they are leaving, and the records are to be dropped.
  /// How many; none where that has failed.
  std::size_t evict();
  /// Without the lists of changed records: 8 bytes for each, and as many again before they are closed up.
  std::size_t memory_used() const { return (spill_ ? spill_->memory_used() : 0) + unread_.memory_used(); }

  const RecordForm& form() const { return form_; }
  SavedTables& tables() { return tables_; }
  HashTable& table() { return table_; }

 private:
  void first_touch(RecordHead* record);
  void end_tick();
  bool is_dirty(const RecordMark& mark) const { return mark.listed != 0 && mark.list == list_; }
  void write_down(RecordHead* record, SpaceDelta& delta);
  void copy_early(RecordHead* record);
  void copy_rest();
  void evicted(RecordHead* record, SpaceDelta*& delta);
  void unlist(RecordHead* record);
  void close_up();
  SpaceDelta& snapshot_delta();
  SpaceDelta& next_delta();

  SavedTables& tables_;
  std::string node_, name_, prefix_;
  GroupRange groups_;
  HashTable& table_;
  RecordForm form_;
  std::uint32_t tick_ = 1;
  std::size_t left_of_tick_ = SIZE_MAX;  ///< Records to be used until it ends.
  std::vector<RecordHead*> dirty_;       ///< Changed since the last flip; nullptr: not in memory any more.
  std::size_t gone_dirty_ = 0;           ///< Of these, so many nullptr.
  std::vector<RecordHead*> waiting_;     ///< Before it; from copied_ on still to be copied. nullptr: was, early.
  std::size_t copied_ = 0;
  std::uint64_t list_ : 1 = 0;  ///< Of dirty_; waiting_ is the other one.
  SpaceDelta* snapshot_delta_ = nullptr;
  UnreadRanges unread_;
  std::unique_ptr<Spill> spill_;  ///< Made when something is evicted.
  Spill::Batch batch_;
  std::vector<RecordHead*> leaving_;  ///< Those in batch_.
  std::string scratch_;
};

}  // namespace penstock::state
