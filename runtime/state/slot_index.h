/// Where the records of a table are: open addressing with linear probing, ordered by hash, so that the records of one
/// key group lie side by side. A slot is one word: 16 bits of the hash and the record's address (48 bits; user space on
/// x86-64 and aarch64). Owner and THREAD: the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/state/hash_range.h"

namespace penstock::state {

/// What every record begins with; the value follows, then (tables by bytes) the key's bytes.
struct RecordHead {
  std::uint64_t hash;
  std::uint64_t key;  ///< The key's 8 bytes, or its length.
  std::byte* value() { return reinterpret_cast<std::byte*>(this + 1); }
  const std::byte* value() const { return reinterpret_cast<const std::byte*>(this + 1); }
};

class SlotIndex {
 public:
  __extension__ using Wide = unsigned __int128;
  explicit SlotIndex(GroupRange groups);

  std::size_t home(std::uint64_t hash) const {
    return static_cast<std::size_t>((Wide{hash - first_hash_} * scale_) >> 64) & mask_;
  }
  std::size_t next(std::size_t slot) const { return (slot + 1) & mask_; }
  std::uint64_t word(std::size_t slot) const { return slots_[slot]; }
  const std::uint64_t* address(std::size_t slot) const { return slots_.data() + slot; }
  std::size_t capacity() const { return slots_.size(); }
  std::size_t size() const { return size_; }
  /// Small tables stay sparse, since a mispredicted probe costs more than their few bytes of cache.
  bool full() const {
    if (slots_.size() <= kSparseSlots) return size_ * 4 >= slots_.size();
    return dense_ ? size_ * 16 >= slots_.size() * 13 : size_ * 2 >= slots_.size();
  }
  /// Where memory is scarce, large tables are filled to about 11 of 16: a longer probe costs less than an entry that
  /// does not fit.
  void set_dense() { dense_ = true; }
  /// That it takes, or soon will: of a dense one that is nearly full, so that it only grows where there is room.
  std::size_t bytes() const {
    const bool nearly = dense_ && slots_.size() > kSparseSlots && size_ * 16 >= slots_.size() * 11;
    return slots_.size() * sizeof slots_[0] * (nearly ? 2 : 1);
  }

  /// What a look-up needs, to be kept in registers over a run; stale after put() or grow().
  struct View {
    const std::uint64_t* slots;
    std::uint64_t first_hash, scale;
    std::size_t mask;
    std::size_t home(std::uint64_t hash) const {
      return static_cast<std::size_t>((Wide{hash - first_hash} * scale) >> 64) & mask;
    }
  };
  View view() const { return {slots_.data(), first_hash_, scale_, mask_}; }

  static bool tag_matches(std::uint64_t word, std::uint64_t hash) { return (word >> 48) == (hash & 0xffff); }
  static RecordHead* record(std::uint64_t word) { return reinterpret_cast<RecordHead*>(word & kAddress); }

  void put(std::size_t slot, RecordHead* record) {
    slots_[slot] = word_of(record);
    ++size_;
  }
  void grow();    ///< Twice the slots; every record is put in again, in hash order.
  void shrink();  ///< Half of them.
  /// So empty that half the slots would not soon be full.
  bool sparse() const { return slots_.size() > kSparseSlots && size_ * 8 < slots_.size(); }
  void remove(RecordHead* record);  ///< Closes the gap, so that probing needs no tombstones.
  /// Takes out the records for which `goes` says so, from `slot` to the next empty one; the others close up. How many
  /// slots that were, with the empty one. Each record is looked at once: much cheaper than remove() for each.
  template <class Goes>
  std::size_t sift(std::size_t slot, Goes&& goes) {
    std::size_t passed = 1;
    bool gap = false;
    for (; slots_[slot] != 0; slot = next(slot), ++passed) {
      const std::uint64_t word = slots_[slot];
      const bool gone = goes(record(word));
      size_ -= gone;
      gap |= gone;
      if (!gap) continue;
      slots_[slot] = 0;
      if (!gone) slots_[free_slot(record(word)->hash)] = word;
    }
    return passed;
  }
  void clear();  ///< Keeps the slots.

 private:
  static constexpr std::size_t kSparseSlots = std::size_t{1} << 13;
  static constexpr std::uint64_t kAddress = (std::uint64_t{1} << 48) - 1;
  static std::uint64_t word_of(RecordHead* record) {
    return (record->hash << 48) | reinterpret_cast<std::uint64_t>(record);
  }
  std::size_t free_slot(std::uint64_t hash) const {
    std::size_t slot = home(hash);
    while (slots_[slot] != 0) slot = next(slot);
    return slot;
  }
  void set_capacity(std::size_t capacity);
  void resize(std::size_t capacity);

  GroupRange groups_;
  std::uint64_t first_hash_;
  std::uint64_t scale_ = 0;  ///< home = (hash - first_hash) * scale / 2^64: spreads the range over all slots.
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
  bool dense_ = false;
  std::vector<std::uint64_t> slots_;
};

}  // namespace penstock::state
