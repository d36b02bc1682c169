/// Percentiles of float64 values. Up to 1024 values are kept and the answer is exact (interpolated, as SQL's
/// percentile_cont); beyond that they are counted in buckets of 1 % width (DDSketch, Masson, Rim and Lee, 2019), so
/// that the answer is within 0.5 % of a value of that rank. A function of the values alone, not of order or merging.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "operators/aggregates/saved_bytes.h"

namespace penstock::operators {

class PercentileSketch {
 public:
  void add(double value);
  void merge(const PercentileSketch& other);
  double at(double share) const;  ///< At least one value has been added.
  void save(SavedWriter& out) const;
  bool load(SavedReader& in);  ///< Into an empty one. False: these bytes are no sketch with a value.

 private:
  static constexpr std::size_t kFew = 1024;
  void count(double value) { ++buckets_[bucket_of(value)]; }
  void spill();
  static std::int32_t bucket_of(double value);
  static double value_of(std::int32_t bucket);
  double exact(double share) const;

  std::vector<double> few_;
  std::map<std::int32_t, std::int64_t> buckets_;  ///< In the order of the values; empty until there are many.
  std::int64_t values_ = 0;
};

}  // namespace penstock::operators
