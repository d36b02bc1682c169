/// What a saved table keeps in the 8 bytes before each record: when it was last lent out for changing, where it stands
/// in the list of that generation, and whether the tier may know its key. Tables that are not saved have no marks.
/// Owner and THREAD: the table.
#pragma once

#include <cstdint>

#include "runtime/state/slot_index.h"

namespace penstock::state {

struct RecordMark {
  std::uint32_t generation;  ///< 0: as it is in the tier.
  std::uint32_t place : 31;
  std::uint32_t in_tier : 1;  ///< Or in a delta on its way there, so that erasing it must be written down.
};
static_assert(sizeof(RecordMark) == 8);

/// `record` may be nullptr: an address is all that is asked of it.
inline void prefetch_mark(const RecordHead* record) {
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(record) - sizeof(RecordMark)));
}

inline RecordMark& mark_of(RecordHead* record) { return *(reinterpret_cast<RecordMark*>(record) - 1); }

}  // namespace penstock::state
