/// The few sizes that shape a run, in one place. The `contrary` build makes each of them as awkward as it can be, and
/// the whole test suite must still pass.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::base {

#ifdef PENSTOCK_CONTRARY
constexpr bool kContrary = true;
constexpr std::uint32_t kRunRows = 1;           ///< Most rows of one run that a source or an operator emits.
constexpr std::uint32_t kFrameRows = 1;         ///< Most rows of one frame.
constexpr std::size_t kDefaultWindowBytes = 1;  ///< One frame may always pass, so this is one frame of credit.
#else
constexpr bool kContrary = false;
constexpr std::uint32_t kRunRows = 1024;
constexpr std::uint32_t kFrameRows = 1024;
constexpr std::size_t kDefaultWindowBytes = 1 << 20;
#endif

constexpr std::size_t kFramePayloadBytes = 32
                                           << 10;  ///< A pooled frame's capacity; a larger row gets a frame of its own.
constexpr std::size_t kMaxLineBytes = 1 << 20;     ///< A longer input line is that record's error.
constexpr std::uint32_t kKeyGroups = 1024;         ///< Key groups of a job, fixed for its life.

}  // namespace penstock::base
