/// Division by a constant without a divide instruction.
#pragma once

#include <cstdint>

namespace penstock::expression {

/// For divisors from 2 to 2^31 - 1. A run whose values are all below 2^31 takes a loop of 32-bit multiplications that
/// vectorizes everywhere; any other run a 64-bit multiply-high per row.
/// Source: T. Granlund, P. L. Montgomery, "Division by Invariant Integers using Multiplication" (1994).
class ConstantDivisor {
 public:
  explicit ConstantDivisor(std::int64_t divisor);
  static bool fits(std::int64_t divisor) { return divisor >= 2 && divisor <= INT32_MAX; }

  void quotients(const std::int64_t* values, std::int64_t* out, std::uint32_t count) const;
  void remainders(const std::int64_t* values, std::int64_t* out, std::uint32_t count) const;

 private:
  std::int64_t quotient(std::int64_t value) const;

  std::uint64_t divisor_;
  std::uint64_t narrow_;  ///< ceil(2^(31 + ceil(log2 d)) / d): less than 2^32.
  unsigned narrow_shift_;
  std::uint64_t wide_;  ///< floor(2^(64 + floor(log2 d)) / d) rounded up: for magnitudes up to 2^63.
  unsigned wide_shift_;
};

}  // namespace penstock::expression
