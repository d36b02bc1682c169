#include "operators/aggregates/percentile_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace penstock::operators {
namespace {

constexpr double kError = 0.005;
const double kLogGamma = std::log((1 + kError) / (1 - kError));
constexpr std::int32_t kOrigin = 100'000;  ///< More than the bucket of any finite value: keeps 1.0 apart from 0.
constexpr std::int32_t kInfinity = std::numeric_limits<std::int32_t>::max() - 1;
constexpr std::int32_t kNotANumber = std::numeric_limits<std::int32_t>::max();

bool less(double a, double b) { return a < b || (b != b && a == a); }

}  // namespace

std::int32_t PercentileSketch::bucket_of(double value) {
  if (value == 0) return 0;
  if (std::isnan(value)) return kNotANumber;
  const double magnitude = std::fabs(value);
  const std::int32_t bucket =
      std::isinf(value) ? kInfinity : kOrigin + static_cast<std::int32_t>(std::ceil(std::log(magnitude) / kLogGamma));
  return value < 0 ? -bucket : bucket;
}

double PercentileSketch::value_of(std::int32_t bucket) {
  if (bucket == 0) return 0;
  if (bucket == kNotANumber) return std::numeric_limits<double>::quiet_NaN();
  const std::int32_t size = std::abs(bucket);
  const double magnitude = size == kInfinity ? std::numeric_limits<double>::infinity()
                                             : std::exp((size - kOrigin) * kLogGamma) * (1 - kError);
  return bucket < 0 ? -magnitude : magnitude;
}

void PercentileSketch::add(double value) {
  ++values_;
  if (buckets_.empty() && few_.size() < kFew) return few_.push_back(value);
  spill();
  count(value);
}

void PercentileSketch::spill() {
  for (const double value : few_) count(value);
  few_ = {};
}

void PercentileSketch::merge(const PercentileSketch& other) {
  if (other.buckets_.empty()) {
    for (const double value : other.few_) add(value);
    return;
  }
  spill();
  for (const auto& [bucket, times] : other.buckets_) buckets_[bucket] += times;
  values_ += other.values_;
}

void PercentileSketch::save(SavedWriter& out) const {
  out.word(few_.size());
  for (const double value : few_) out.cell(value);
  out.word(buckets_.size());
  for (const auto& [bucket, times] : buckets_) {
    out.cell(bucket);
    out.cell(times);
  }
}

bool PercentileSketch::load(SavedReader& in) {
  few_.resize(in.count(8));
  for (double& value : few_) value = in.cell<double>();
  values_ = static_cast<std::int64_t>(few_.size());
  for (std::size_t left = in.count(16); left > 0 && in.ok(); --left) {
    const auto bucket = in.cell<std::int32_t>();
    const auto times = in.cell<std::int64_t>();
    if (times <= 0 || __builtin_add_overflow(values_, times, &values_)) return false;
    if (!buckets_.emplace(bucket, times).second) return false;
  }
  return in.ok() && values_ > 0 && few_.size() <= kFew && few_.empty() != buckets_.empty();
}

double PercentileSketch::exact(double share) const {
  std::vector<double> sorted = few_;
  std::sort(sorted.begin(), sorted.end(), less);
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const double part = rank - static_cast<double>(below);
  if (part == 0) return sorted[below];
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double PercentileSketch::at(double share) const {
  if (buckets_.empty()) return exact(share);
  const auto rank = static_cast<std::int64_t>(share * static_cast<double>(values_ - 1));
  std::int64_t seen = 0;
  for (const auto& [bucket, times] : buckets_) {
    seen += times;
    if (seen > rank) return value_of(bucket);
  }
  return value_of(buckets_.rbegin()->first);
}

}  // namespace penstock::operators
