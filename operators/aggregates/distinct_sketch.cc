#define XXH_INLINE_ALL
#include "operators/aggregates/distinct_sketch.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace penstock::operators {

void DistinctSketch::add(std::string_view value) { add_hash(XXH3_64bits(value.data(), value.size())); }

void DistinctSketch::add_hash(std::uint64_t hash) {
  if (!registers_.empty()) return note(hash);
  const auto at = std::lower_bound(few_.begin(), few_.end(), hash);
  if (at != few_.end() && *at == hash) return;
  if (few_.size() < kFew) {
    few_.insert(at, hash);
    return;
  }
  registers_.assign(std::size_t{1} << kIndexBits, 0);
  for (const std::uint64_t known : few_) note(known);
  few_ = {};
  note(hash);
}

void DistinctSketch::note(std::uint64_t hash) {
  const std::size_t index = hash >> (64 - kIndexBits);
  const auto rank = static_cast<std::uint8_t>(std::countl_zero((hash << kIndexBits) | 1) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

void DistinctSketch::merge(const DistinctSketch& other) {
  for (const std::uint64_t hash : other.few_) add_hash(hash);
  if (other.registers_.empty()) return;
  if (registers_.empty()) {
    registers_.assign(std::size_t{1} << kIndexBits, 0);
    for (const std::uint64_t known : few_) note(known);
    few_ = {};
  }
  for (std::size_t i = 0; i < registers_.size(); ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

void DistinctSketch::save(SavedWriter& out) const {
  out.word(registers_.size());
  out.raw(registers_.data(), registers_.size());
  out.word(few_.size());
  for (const std::uint64_t hash : few_) out.word(hash);
}

bool DistinctSketch::load(SavedReader& in) {
  registers_.resize(in.count(1));
  if (!registers_.empty() && registers_.size() != std::size_t{1} << kIndexBits) return false;
  in.raw(registers_.data(), registers_.size());
  few_.resize(in.count(8));
  for (std::uint64_t& hash : few_) hash = in.word();
  const bool one_of_both = few_.empty() || registers_.empty();
  const bool ranks = std::all_of(registers_.begin(), registers_.end(), [](std::uint8_t rank) { return rank <= 64; });
  return in.ok() && one_of_both && ranks && few_.size() <= kFew && std::is_sorted(few_.begin(), few_.end());
}

std::int64_t DistinctSketch::estimate() const {
  if (registers_.empty()) return static_cast<std::int64_t>(few_.size());
  const auto m = static_cast<double>(registers_.size());
  double sum = 0;
  int zeros = 0;
  for (const std::uint8_t rank : registers_) {
    sum += std::ldexp(1.0, -rank);
    zeros += rank == 0;
  }
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  const bool small = raw <= 2.5 * m && zeros > 0;
  return std::llround(small ? m * std::log(m / zeros) : raw);
}

}  // namespace penstock::operators
