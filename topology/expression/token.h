/// The words of an expression.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topology/expression/expression.h"

namespace penstock::topology {

struct Token {
  enum class Kind : std::uint8_t { kEnd, kInteger, kFloat, kDuration, kText, kName, kQuotedName, kSymbol };
  Kind kind = Kind::kEnd;
  TextSpan span;
  std::string text;           ///< Name as written, text without quotes, symbol (`!=` is given as `<>`).
  std::uint64_t integer = 0;  ///< kInteger: magnitude; kDuration: microseconds.
  double real = 0;

  bool is(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  bool is_word(std::string_view lower_case) const;  ///< An unquoted name, compared without regard to case.
};

/// All tokens, the last one kEnd. What is not a token is reported and left out, or taken for what was meant (`==`).
std::vector<Token> tokenize(std::string_view text, std::vector<ExprFault>& faults);

std::string lower_case(std::string_view text);  ///< ASCII letters only.

}  // namespace penstock::topology
