/// An expression as written, before names and types are known.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topology/expression/expression.h"

namespace penstock::topology {

struct Syntax;
using SyntaxPtr = std::unique_ptr<Syntax>;

struct Syntax {
  enum class Kind : std::uint8_t {
    kLiteral,
    kName,  ///< `name`, `qualifier.name`
    kCall,  ///< Functions and operators; `name` is in lower case.
    kList,
    kAnd,
    kOr,
    kNot,
    kCase,  ///< args: condition, value, ..., [else]. With an operand the conditions are `operand = value`.
    kCast,
    kIn,
    kBetween,  ///< args: value, low, high
    kIsNull,
    kIsNotNull,
  };
  Kind kind = Kind::kLiteral;
  TextSpan span;
  TextSpan name_span;  ///< Of the name or operator alone.
  std::string name;
  std::string qualifier;
  bool quoted = false;  ///< The name stood in double quotes.
  record::Type type;    ///< Of a literal or a cast.
  Scalar literal;
  std::vector<SyntaxPtr> args;
  SyntaxPtr operand;  ///< kCase: what is compared; may be null.
  bool star = false;  ///< count(*)
  bool distinct = false;
  SyntaxPtr filter;  ///< filter (where ...)
  int height = 1;    ///< Levels of the tree below and with this node.
};

/// Limits that keep hostile text from overflowing the stack or the memory.
constexpr std::size_t kMaxTextBytes = 32 << 10;
constexpr int kMaxNesting = 64;  ///< Of parentheses and calls.
constexpr int kMaxHeight = 256;  ///< Of the tree, which chains such as a + b + c + ... make deep without nesting.

/// The tree, or nullptr when `faults` has gained an entry that says why not.
SyntaxPtr parse(std::string_view text, std::vector<ExprFault>& faults);

}  // namespace penstock::topology
