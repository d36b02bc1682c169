/// What a saved table keeps in the 8 bytes before each record: when it was last lent out for changing, where it stands
/// in a list of changed records, and whether the tier may know its key. Tables that are not saved have no marks.
/// Owner and THREAD: the table.
#pragma once

#include <cstdint>

#include "runtime/state/slot_index.h"

namespace penstock::state {

struct RecordMark {
  static constexpr std::uint32_t kTicks = 1 << 26;
  static constexpr std::uint64_t kMostUses = 3;

  std::uint64_t tick : 26;  ///< Of its space, when it was last used; 0: not since it came into memory.
  std::uint64_t uses : 2;   ///< In how many ticks it was, up to kMostUses; eviction counts down.
  std::uint64_t leaving : 1;
  std::uint64_t in_tier : 1;  ///< Or in a delta on its way there, so that erasing it must be written down.
  std::uint64_t listed : 1;   ///< As changed and not copied since: at `place`, in the list that is current or was.
  std::uint64_t list : 1;     ///< Lists take turns.
  std::uint64_t place : 32;
};
static_assert(sizeof(RecordMark) == 8);

/// `record` may be nullptr: an address is all that is asked of it.
inline void prefetch_mark(const RecordHead* record) {
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(record) - sizeof(RecordMark)));
}

inline RecordMark& mark_of(RecordHead* record) { return *(reinterpret_cast<RecordMark*>(record) - 1); }

}  // namespace penstock::state
