/// Whole and real numbers in one order, exactly, where converting one of them would round.
#pragma once

#include <cstdint>

namespace penstock::base {

/// Less than, equal to or greater than 0, as `whole` is to `real`, which is no NaN.
inline int number_order(std::int64_t whole, double real) {
  constexpr double kPastInt64 = 9223372036854775808.0;
  if (real >= kPastInt64) return -1;
  if (real < -kPastInt64) return 1;
  const auto truncated = static_cast<std::int64_t>(real);
  if (whole != truncated) return whole < truncated ? -1 : 1;
  const double rest = real - static_cast<double>(truncated);
  return rest == 0 ? 0 : rest > 0 ? -1 : 1;
}

}  // namespace penstock::base
