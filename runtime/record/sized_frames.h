/// Frames for what comes from other processes, each about as large as what is in it: 256 bytes, twice that, and so on
/// up to a pooled frame's. So a thousand small frames that nobody has read yet hold what they were granted, not a
/// thousand full buffers. THREAD: take() is for its owner; FramePool::give_back() may be called by any.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "runtime/base/limits.h"
#include "runtime/record/frame.h"

namespace penstock::record {

constexpr std::size_t kLeastFrameBytes = 256;

/// Memory that a frame of SizedFrames holds for its payload.
constexpr std::size_t held_bytes(std::size_t payload_bytes) {
  if (payload_bytes > base::kFramePayloadBytes) return payload_bytes;
  return std::bit_ceil(std::max(payload_bytes, kLeastFrameBytes));
}

class SizedFrames {
 public:
  Frame* take(std::size_t payload_bytes) {
    const std::size_t held = std::min(held_bytes(payload_bytes), base::kFramePayloadBytes);
    return pools_[static_cast<std::size_t>(std::countr_zero(held / kLeastFrameBytes))].take(payload_bytes);
  }

 private:
  /// A buffer of its own, of a row larger than any piece, goes as soon as the frame is given back.
  static FramePool pool(std::size_t bytes) { return FramePool(bytes, bytes); }
  std::array<FramePool, 8> pools_{pool(256),     pool(512),     pool(1 << 10),  pool(2 << 10),
                                  pool(4 << 10), pool(8 << 10), pool(16 << 10), pool(32 << 10)};
  static_assert(kLeastFrameBytes << 7 == base::kFramePayloadBytes);
};

}  // namespace penstock::record
