/// Which entries of a space are still only in the tier that it was restored with: stretches of hashes, each read as a
/// whole when one of its keys is asked for. Owner and THREAD: the space.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/state/hash_range.h"

namespace penstock::state {

class UnreadRanges {
 public:
  UnreadRanges() = default;  ///< Nothing is unread.
  /// All of about so many bytes.
  UnreadRanges(GroupRange groups, std::uint64_t bytes)
      : first_(std::uint64_t{groups.first} << 54),
        left_(std::bit_ceil(std::clamp(bytes / kBytesARange, std::uint64_t{1}, kMostRanges))),
        width_(
            static_cast<std::uint64_t>((Wide{groups.last - groups.first} << 54) / std::max<std::uint64_t>(left_, 2))),
        unread_(left_, true) {}
  bool any() const { return left_ > 0; }
  /// The unread range that `hash` is in, which counts as read from now on.
  std::optional<HashRange> take(std::uint64_t hash) {
    if (left_ == 0) return std::nullopt;
    const std::size_t range = range_of(hash);
    if (!unread_[range]) return std::nullopt;
    return take_range(range);
  }
  /// All that are left.
  std::vector<HashRange> take_all() {
    std::vector<HashRange> all;
    if (left_ == 0) return all;
    for (std::size_t range = 0; range < unread_.size(); ++range)
      if (unread_[range]) all.push_back(take_range(range));
    return all;
  }
  std::size_t memory_used() const { return unread_.capacity() / 8; }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr std::uint64_t kBytesARange = 4 << 10, kMostRanges = 1 << 22;
  /// Hashes that are not of the groups belong to the first or the last.
  std::size_t range_of(std::uint64_t hash) const {
    return hash < first_ ? 0 : std::min<std::uint64_t>((hash - first_) / width_, unread_.size() - 1);
  }
  HashRange take_range(std::size_t range) {
    unread_[range] = false;
    --left_;
    const bool last = range + 1 == unread_.size();
    return {range == 0 ? 0 : first_ + range * width_, last ? UINT64_MAX : first_ + (range + 1) * width_ - 1};
  }

  std::uint64_t first_ = 0, left_ = 0;
  std::uint64_t width_ = 1;  ///< Of a range, in hashes; of a single one it does not matter.
  std::vector<bool> unread_;
};

}  // namespace penstock::state
