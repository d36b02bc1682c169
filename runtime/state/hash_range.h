/// Stretches of hashes. A task's key groups are a stretch, of which every table, and what it keeps elsewhere, has its
/// own fine division. Pure.
#pragma once

#include <cstdint>

#include "runtime/base/limits.h"

namespace penstock::state {

/// The key groups whose hashes a table expects. Others work too; they then share the places of the others.
struct GroupRange {
  std::uint32_t first = 0;
  std::uint32_t last = base::kKeyGroups;  ///< Past the end.
};

struct HashRange {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;  ///< The last one that belongs to it.
};

/// Hashes of a range of groups as if there were no others: 0 to 2^64, in their order.
class HashSpread {
 public:
  explicit HashSpread(GroupRange groups)
      : first_(std::uint64_t{groups.first} << 54),
        scale_((std::uint64_t{base::kKeyGroups} << 32) /
               (groups.last > groups.first ? groups.last - groups.first : 1)) {}
  std::uint64_t operator()(std::uint64_t hash) const {
    return static_cast<std::uint64_t>(Wide{hash - first_} * scale_ >> 32);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  std::uint64_t first_, scale_;
};

}  // namespace penstock::state
