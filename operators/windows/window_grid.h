/// Which windows and slices an instant belongs to. Windows begin at multiples of `every` since 1970 UTC; window k is
/// [k * every, k * every + size). A slice is the greatest common divisor of both, so that all rows of a slice belong to
/// the same windows. A tumbling window has every = size, and slice k is window k. Pure arithmetic.
#pragma once

#include <cstdint>
#include <numeric>

#include "runtime/base/clock.h"

namespace penstock::operators {

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

struct WindowGrid {
  base::Micros size;
  base::Micros every;
  base::Micros slice;

  static WindowGrid tumbling(base::Micros size) { return {size, size, size}; }
  static WindowGrid sliding(base::Micros size, base::Micros every) { return {size, every, std::gcd(size, every)}; }

  std::int64_t slice_of(base::Micros time) const { return floor_divide(time, slice); }
  base::Micros slice_start(std::int64_t index) const { return index * slice; }
  base::Micros start(std::int64_t window) const { return window * every; }
  base::Micros end(std::int64_t window) const { return window * every + size; }
  /// The windows of a slice are first_window to last_window; none when every > size and the slice lies between two.
  std::int64_t first_window(std::int64_t index) const { return floor_divide(index * slice - size, every) + 1; }
  std::int64_t last_window(std::int64_t index) const { return floor_divide(index * slice, every); }
  std::int64_t first_slice(std::int64_t window) const { return window * every / slice; }
  /// The first window that ends after `watermark`, that is, for which nothing is late at that watermark.
  std::int64_t first_open(base::Micros watermark) const { return floor_divide(watermark - size, every) + 1; }
};

}  // namespace penstock::operators
