/// Expressions as the language sees them: parsed, resolved against a scope, type-checked and constant-folded. A tree of
/// these is what runtime/expression compiles to a program over runs of rows. Pure: no I/O, no threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/record/schema.h"

namespace penstock::topology {

struct Function;  // functions.h: one entry of the table that `penstock functions` prints.

struct TextSpan {  ///< Bytes [begin, end) of the expression's text.
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct NullValue {
  friend bool operator==(NullValue, NullValue) = default;
};
/// A constant. Int64, timestamp and duration share int64_t (the type says which).
using Scalar = std::variant<NullValue, bool, std::int64_t, double, std::string>;

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  enum class Op : std::uint8_t {
    kLiteral,  ///< `literal`
    kList,     ///< `[a, b]`: args are the elements
    kField,    ///< `field`: index in the input schema
    kCall,     ///< `function` over args; operators such as + and = are functions too
    kCast,     ///< args[0] cast to `type` (explicit or inserted by the checker)
    kAnd,
    kOr,
    kNot,
    kCase,      ///< args: condition, value, condition, value, ..., else (always present, may be a null literal)
    kCoalesce,  ///< args in order
    kIn,        ///< args[0] in args[1..]
    kIsNull,
    kIsNotNull,
  };
  Op op = Op::kLiteral;
  record::Type type;
  bool nullable = true;
  Scalar literal;
  int field = -1;
  const Function* function = nullptr;
  std::vector<ExprPtr> args;
  TextSpan span;
  std::string text;  ///< Source text of this sub-expression, for messages about a failing record.
};

/// A name an expression may use. `qualifier` is "" for fields of the input, the table's or side's name otherwise.
struct ScopeEntry {
  std::string qualifier;
  std::string name;
  record::Type type;
  bool nullable = true;
};

/// What names mean: entry i is field i of the rows the compiled program will see. An unqualified name is the entry
/// without qualifier; where there is none and several qualifiers share it, it is ambiguous (an error that says so).
/// `qualifier.name` always works.
struct Scope {
  std::vector<ScopeEntry> entries;
  static Scope of(const record::Schema& schema, const std::string& qualifier = "");
  void append(const record::Schema& schema, const std::string& qualifier);
};

/// A fault inside an expression's text. `code` is stable, `hint` says what to type instead (may be empty).
struct ExprFault {
  std::string code;
  std::string message;
  std::string hint;
  TextSpan span;
};

template <class T>
using Checked = std::variant<T, std::vector<ExprFault>>;  ///< The value, or every fault that was found (at least one).

/// Parses and checks one scalar expression. Aggregates are refused, saying where they may stand.
/// `expected`: when given, the result is cast to it where that loses nothing, else a fault (`wrong_type`).
Checked<ExprPtr> check_expression(std::string_view text, const Scope& scope,
                                  std::optional<record::Type> expected = std::nullopt);

/// One call of an aggregate function, e.g. count(distinct driver_id) filter (where distance > 100).
struct AggregateCall {
  const Function* function = nullptr;  ///< From the aggregate section of the function table.
  std::vector<ExprPtr> args;           ///< Over the node's input; empty for count(*).
  bool distinct = false;
  ExprPtr filter;     ///< bool or nullptr.
  record::Type type;  ///< Of the result.
  bool nullable = true;
  std::string text;
};

/// `aggregate: {n: count(*), share: "sum(x) / count(*)", hour: window_start}` for one node. Equal calls are shared.
/// Each output is an expression over the aggregate's internal row: key fields, then one field per call, then
/// window_start and window_end (timestamp!; present only when `windowed`).
struct AggregateExpressions {
  std::vector<AggregateCall> calls;
  struct Output {
    std::string name;
    ExprPtr expression;
  };
  std::vector<Output> outputs;
  record::Schema internal;  ///< Schema of the internal row.
};

struct NamedText {
  std::string name;
  std::string text;
};
struct NamedFault {
  std::size_t output;  ///< Index in the list that was given.
  ExprFault fault;
};
/// Checks all outputs of an aggregate together. `keys`: indices in `input` of the key fields. `updates`: rows of the
/// input may replace earlier ones, which not every aggregate can take.
std::variant<AggregateExpressions, std::vector<NamedFault>> check_aggregates(const std::vector<NamedText>& outputs,
                                                                             const record::Schema& input,
                                                                             const std::vector<int>& keys,
                                                                             bool windowed, bool updates = false);

/// Indices of the input fields that `expression` reads, ascending, without repeats.
std::vector<int> fields_read(const Expr& expression);
/// The same expression with input field i renumbered to map[i] (map[i] >= 0 for every field read).
ExprPtr renumber_fields(const ExprPtr& expression, const std::vector<int>& map);
/// True when no row can make it fail (no overflow, division, cast or parse that may go wrong).
bool cannot_fail(const Expr& expression);

/// Names (functions, fields) nearest to `name` by edit distance, best first, at most `most`; empty when none is near.
std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& candidates,
                                       std::size_t most = 1);

}  // namespace penstock::topology
