#include "operators/formats/number_text.h"

#include <charconv>
#include <limits>
#include <system_error>

namespace penstock::operators {
namespace {

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kMostDigits = 19;  ///< 19 digits always fit 64 bits.

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// The parts of a number as written. `digits` counts the significant ones that `mantissa` holds or would hold.
struct Scanned {
  bool negative = false;
  bool whole = true;
  int digits = 0;
  int exponent = 0;
  std::uint64_t mantissa = 0;
  const char* first = nullptr;  ///< Of the number, without a plus sign.
};

int scan_digits(const char*& at, const char* end, Scanned& out) {
  const char* const begin = at;
  for (; at < end && is_digit(*at); ++at) {
    if (out.digits < kMostDigits) out.mantissa = out.mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
    if (out.mantissa != 0) ++out.digits;
  }
  return static_cast<int>(at - begin);
}

bool scan_exponent(const char*& at, const char* end, Scanned& out) {
  ++at;
  bool negative = false;
  if (at < end && (*at == '+' || *at == '-')) negative = *at++ == '-';
  if (at == end || !is_digit(*at)) return false;
  int value = 0;
  for (; at < end && is_digit(*at); ++at)
    if (value < 100'000) value = value * 10 + (*at - '0');
  out.exponent += negative ? -value : value;
  out.whole = false;
  return true;
}

bool scan_number(const char*& at, const char* end, NumberGrammar grammar, Scanned& out) {
  const bool loose = grammar == NumberGrammar::kLoose;
  const bool plus = loose && at < end && *at == '+';
  if (plus) ++at;
  out.first = at;
  if (!plus && at < end && *at == '-') {
    out.negative = true;
    ++at;
  }
  const char* const leading = at;
  const int before = scan_digits(at, end, out);
  if (!loose && (before == 0 || (before > 1 && *leading == '0'))) return false;
  int behind = 0;
  if (at < end && *at == '.') {
    ++at;
    behind = scan_digits(at, end, out);
    out.exponent = -behind;
    out.whole = false;
    if (!loose && behind == 0) return false;
  }
  if (before + behind == 0) return false;
  return at == end || (*at != 'e' && *at != 'E') || scan_exponent(at, end, out);
}

}  // namespace

NumberResult parse_integer(const char*& at, const char* end, NumberGrammar grammar, std::int64_t& value) {
  Scanned number;
  if (!scan_number(at, end, grammar, number)) return NumberResult::kNotANumber;
  if (!number.whole) return NumberResult::kNotWhole;
  constexpr std::uint64_t kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (number.digits > kMostDigits || number.mantissa > kMost + (number.negative ? 1 : 0)) {
    return NumberResult::kOutOfRange;
  }
  value = static_cast<std::int64_t>(number.negative ? 0 - number.mantissa : number.mantissa);
  return NumberResult::kOk;
}

NumberResult parse_float(const char*& at, const char* end, NumberGrammar grammar, double& value) {
  Scanned number;
  if (!scan_number(at, end, grammar, number)) return NumberResult::kNotANumber;
  // Both factors are exact, so one rounding makes the nearest double (Clinger's fast path).
  if (number.digits <= kMostDigits && number.mantissa <= (1ULL << 53) && number.exponent >= -22 &&
      number.exponent <= 22) {
    const auto mantissa = static_cast<double>(number.mantissa);
    const double power = kPowersOfTen[number.exponent < 0 ? -number.exponent : number.exponent];
    const double size = number.exponent < 0 ? mantissa / power : mantissa * power;
    value = number.negative ? -size : size;
    return NumberResult::kOk;
  }
  if (number.mantissa == 0) {
    value = number.negative ? -0.0 : 0.0;
    return NumberResult::kOk;
  }
  return std::from_chars(number.first, at, value).ec == std::errc{} ? NumberResult::kOk : NumberResult::kOutOfRange;
}

}  // namespace penstock::operators
