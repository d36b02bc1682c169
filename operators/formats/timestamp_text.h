/// Timestamps at the speed of a decoder: the common shape `YYYY-MM-DDTHH:MM:SSZ` without a detour, and dates that are
/// written again and again remembered. Everything else goes through base/time_text.h, which is the specification.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/clock.h"

namespace penstock::operators {

/// The same answer as base::parse_timestamp, false where that has none.
bool read_timestamp(std::string_view text, base::Micros& time);

/// Writes what base::format_timestamp writes. One per encoder: it keeps the text of the latest day.
class TimestampWriter {
 public:
  /// At most 32 bytes; returns how many. `time` is within the years that timestamps may have.
  std::size_t write(base::Micros time, char* out);

 private:
  std::int64_t day_ = INT64_MIN;
  char date_[11] = {};  ///< "2023-09-18T"
};

}  // namespace penstock::operators
