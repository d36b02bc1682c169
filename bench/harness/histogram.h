/// Counts of nanoseconds in buckets whose width is at most 1/64 of their value (as HdrHistogram does), so a percentile
/// is exact to 1.6 %. A plain struct, to be sent between processes. THREAD: one writer.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace penstock::bench {

class Histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(nanoseconds > 0 ? nanoseconds : 0);
    ++counts_[bucket(value)];
    ++total_;
    if (value > max_) max_ = value;
  }
  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    if (other.max_ > max_) max_ = other.max_;
  }
  std::uint64_t total() const { return total_; }
  double max_us() const { return static_cast<double>(max_) / 1000; }

  /// The least value that at least `fraction` of all values do not exceed, in microseconds (middle of its bucket).
  double percentile_us(double fraction) const {
    auto wanted = static_cast<std::uint64_t>(static_cast<double>(total_) * fraction);
    if (wanted == 0) wanted = 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted) return middle(i) / 1000;
    }
    return max_us();
  }

 private:
  static constexpr unsigned kBits = 6;  ///< 64 buckets for each power of two.
  static constexpr std::size_t kPerPower = std::size_t{1} << kBits;

  static std::size_t bucket(std::uint64_t value) {
    if (value < kPerPower) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
    return (shift + 1) * kPerPower + static_cast<std::size_t>((value >> shift) - kPerPower);
  }
  static double middle(std::size_t index) {
    if (index < kPerPower) return static_cast<double>(index);
    const auto shift = static_cast<unsigned>(index / kPerPower) - 1;
    const std::uint64_t base = (kPerPower + index % kPerPower) << shift;
    return static_cast<double>(base) + static_cast<double>(std::uint64_t{1} << shift) / 2;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kPerPower> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace penstock::bench
