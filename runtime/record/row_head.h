/// The bits and small encodings at the front of a row; see row_codec.h for the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "runtime/base/clock.h"

namespace penstock::record {

constexpr std::uint32_t kSizeMask = (1u << 28) - 1;
constexpr std::uint32_t kFullWatermarkBit = 1u << 28;
constexpr std::uint32_t kNullsBit = 1u << 29;
constexpr int kChangeShift = 30;
constexpr std::int32_t kNoWatermarkLag = std::numeric_limits<std::int32_t>::min();

template <class T>
void store(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// True when the watermark of a row can be written as a 32-bit distance from its event time.
inline bool lag_fits(base::Micros time, base::Micros watermark) {
  if (watermark == base::kNoTime) return true;
  std::int64_t lag = 0;
  if (__builtin_sub_overflow(time, watermark, &lag)) return false;
  return lag > std::numeric_limits<std::int32_t>::min() && lag <= std::numeric_limits<std::int32_t>::max();
}
inline std::int32_t encode_lag(base::Micros time, base::Micros watermark) {
  return watermark == base::kNoTime ? kNoWatermarkLag : static_cast<std::int32_t>(time - watermark);
}
inline base::Micros decode_lag(base::Micros time, std::int32_t lag) {
  return lag == kNoWatermarkLag
             ? base::kNoTime
             : static_cast<base::Micros>(static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(lag));
}

}  // namespace penstock::record
