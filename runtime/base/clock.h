/// The two clocks. Micros everywhere; a Timestamp of a record is wall time since 1970-01-01 UTC.
#pragma once

#include <time.h>

#include <cstdint>
#include <limits>

namespace penstock::base {

using Micros = std::int64_t;  ///< An instant (since 1970 UTC, or since boot for monotonic clocks) or a length, in us.

constexpr Micros kNoTime = std::numeric_limits<Micros>::min();  ///< "Before everything": a watermark not yet known.
constexpr Micros kEndOfTime =
    std::numeric_limits<Micros>::max();  ///< "After everything": the watermark of an ended input.

inline Micros read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<Micros>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}
/// Nanoseconds from now until the wall clock says `at`; 0 when that has passed.
inline std::int64_t nanos_until(Micros at) {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  const Micros whole = at - static_cast<Micros>(t.tv_sec) * 1'000'000;
  if (whole > 3'600'000'000) return 3'600'000'000'000;
  const std::int64_t nanos = whole * 1000 - t.tv_nsec;
  return nanos > 0 ? nanos : 0;
}
inline Micros wall_now() { return read_clock(CLOCK_REALTIME); }
inline Micros steady_now() { return read_clock(CLOCK_MONOTONIC); }

}  // namespace penstock::base
