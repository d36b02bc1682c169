#include "runtime/state/slot_index.h"

#include <algorithm>
#include <utility>

namespace penstock::state {

SlotIndex::SlotIndex(GroupRange groups) : groups_(groups), first_hash_(std::uint64_t{groups.first} << 54) {
  if (groups_.last <= groups_.first) groups_ = GroupRange{};
  set_capacity(32);
}

void SlotIndex::set_capacity(std::size_t capacity) {
  slots_.assign(capacity, 0);
  mask_ = capacity - 1;
  scale_ = std::uint64_t{capacity} * base::kKeyGroups / (groups_.last - groups_.first);
}

void SlotIndex::grow() { resize(slots_.size() * 2); }
void SlotIndex::shrink() { resize(slots_.size() / 2); }

void SlotIndex::resize(std::size_t capacity) {
  std::vector<std::uint64_t> old = std::move(slots_);
  set_capacity(capacity);
  constexpr std::size_t kAhead = 16;  // Records are fetched from memory so many slots before their turn.
  for (std::size_t at = 0; at < old.size(); ++at) {
    if (at + kAhead < old.size()) __builtin_prefetch(record(old[at + kAhead]));
    if (old[at] != 0) slots_[free_slot(record(old[at])->hash)] = old[at];
  }
}

void SlotIndex::remove(RecordHead* record_to_go) {
  const std::uint64_t word = word_of(record_to_go);
  std::size_t hole = home(record_to_go->hash);
  while (slots_[hole] != word) hole = next(hole);
  for (std::size_t at = next(hole); slots_[at] != 0; at = next(at)) {
    const std::size_t wanted = home(record(slots_[at])->hash);
    if (((at - wanted) & mask_) < ((at - hole) & mask_)) continue;  // It would move before its home.
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = 0;
  --size_;
}

void SlotIndex::clear() {
  std::fill(slots_.begin(), slots_.end(), 0);
  size_ = 0;
}

}  // namespace penstock::state
