#include "runtime/expression/division.h"

#include <bit>

#include "runtime/base/target_clones.h"

namespace penstock::expression {
namespace {

__extension__ using Wide = unsigned __int128;

/// True when every value is in [0, 2^31).
PENSTOCK_TARGET_CLONES bool all_narrow(const std::int64_t* values, std::uint32_t count) {
  std::uint64_t seen = 0;
  for (std::uint32_t k = 0; k < count; ++k) seen |= static_cast<std::uint64_t>(values[k]);
  return seen >> 31 == 0;
}

/// 32 x 32 -> 64 bit products, which SSE2 and later have for several cells at once.
inline std::uint64_t narrow_quotient(std::int64_t value, std::uint64_t factor, unsigned shift) {
  return (std::uint64_t{static_cast<std::uint32_t>(value)} * static_cast<std::uint32_t>(factor)) >> shift;
}

PENSTOCK_TARGET_CLONES void narrow_quotients(const std::int64_t* __restrict values, std::uint64_t factor,
                                             unsigned shift, std::int64_t* __restrict out, std::uint32_t count) {
  for (std::uint32_t k = 0; k < count; ++k) {
    out[k] = static_cast<std::int64_t>(narrow_quotient(values[k], factor, shift));
  }
}

PENSTOCK_TARGET_CLONES void narrow_remainders(const std::int64_t* __restrict values, std::uint64_t factor,
                                              unsigned shift, std::uint64_t divisor, std::int64_t* __restrict out,
                                              std::uint32_t count) {
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::uint64_t quotient = narrow_quotient(values[k], factor, shift);
    const std::uint64_t whole =
        std::uint64_t{static_cast<std::uint32_t>(quotient)} * static_cast<std::uint32_t>(divisor);
    out[k] = values[k] - static_cast<std::int64_t>(whole);
  }
}

}  // namespace

ConstantDivisor::ConstantDivisor(std::int64_t divisor) : divisor_(static_cast<std::uint64_t>(divisor)) {
  const auto ceil_log = static_cast<unsigned>(std::bit_width(divisor_ - 1));
  narrow_shift_ = 31 + ceil_log;
  narrow_ = ((std::uint64_t{1} << narrow_shift_) + divisor_ - 1) / divisor_;
  // Magnitudes need 64 bits only for 2^63 itself, so 63-bit precision and one more does.
  wide_shift_ = ceil_log - 1;
  wide_ = static_cast<std::uint64_t>((Wide{1} << (63 + ceil_log)) / divisor_ + 1);
}

inline std::int64_t ConstantDivisor::quotient(std::int64_t value) const {
  const std::uint64_t sign = static_cast<std::uint64_t>(value >> 63);
  const std::uint64_t magnitude = (static_cast<std::uint64_t>(value) ^ sign) - sign;
  const auto high = static_cast<std::uint64_t>((Wide{magnitude} * wide_) >> 64);
  return static_cast<std::int64_t>(((high >> wide_shift_) ^ sign) - sign);
}

void ConstantDivisor::quotients(const std::int64_t* values, std::int64_t* out, std::uint32_t count) const {
  if (all_narrow(values, count)) return narrow_quotients(values, narrow_, narrow_shift_, out, count);
  for (std::uint32_t k = 0; k < count; ++k) out[k] = quotient(values[k]);
}

void ConstantDivisor::remainders(const std::int64_t* values, std::int64_t* out, std::uint32_t count) const {
  if (all_narrow(values, count)) return narrow_remainders(values, narrow_, narrow_shift_, divisor_, out, count);
  for (std::uint32_t k = 0; k < count; ++k) {
    out[k] = values[k] - quotient(values[k]) * static_cast<std::int64_t>(divisor_);
  }
}

}  // namespace penstock::expression
