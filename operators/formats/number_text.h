/// Numbers from text, never wrapped and never rounded to an integer. Grammar: JSON's, or a wider one for CSV.
#pragma once

#include <cstdint>

namespace penstock::operators {

enum class NumberResult : std::uint8_t {
  kOk,
  kNotANumber,
  kNotWhole,    ///< A number, but with a fraction or an exponent where an integer is wanted.
  kOutOfRange,  ///< Too large for the type; for floats also too small to be told from zero.
};

enum class NumberGrammar : std::uint8_t {
  kJson,   ///< No leading zeros, no plus sign, digits on both sides of the point.
  kLoose,  ///< Also `007`, `+5`, `.5`, `5.`.
};

/// Reads the number at `at` (up to `end`) and moves `at` behind it; where the text goes on after the number is for the
/// caller to judge. kNotANumber leaves `at` where the grammar was broken.
NumberResult parse_integer(const char*& at, const char* end, NumberGrammar grammar, std::int64_t& value);
NumberResult parse_float(const char*& at, const char* end, NumberGrammar grammar, double& value);

}  // namespace penstock::operators
