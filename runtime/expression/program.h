/// A flat program compiled from one or several expressions over the same input, evaluated over a run of rows at once.
/// Common sub-expressions are computed once. Nothing is allocated per run in steady state.
/// THREAD: one task; a Program owns scratch registers and is not shared.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/record/rows.h"
#include "topology/expression/expression.h"

namespace penstock::expression {

/// A row of the run whose evaluation failed: overflow, division by zero, a bad cast, a failed parse.
struct RowFault {
  std::uint32_t row = 0;  ///< Row (not cell) of the run.
  std::string_view code;  ///< "overflow", "division_by_zero", "bad_cast", "parse_failed", ...: stable.
  std::string message;    ///< Says which expression and which values.
};

class Program {
 public:
  /// All outputs are computed by one program over rows of `input`. Fields are addressed by Expr::field.
  static base::Result<Program> compile(std::span<const topology::ExprPtr> outputs);

  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  /// Evaluates every output over rows.count rows (a selection is resolved: output cell k belongs to row k, dense).
  /// `now_us` is what now() answers. Columns stay valid until the next run and may borrow from `rows`.
  /// A state in an output column is kValid or kNull; rows that failed are listed in faults(), each once, ascending, and
  /// their output cells are null.
  std::span<const record::Column> run(const record::Rows& rows, base::Micros now_us);

  /// Faults of the latest run, ascending by row. Empty almost always.
  std::span<const RowFault> faults() const;

 private:
  class State;
  explicit Program(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A condition for filter, split and the like: the rows for which a bool expression is true (not false, not null).
class Predicate {
 public:
  static base::Result<Predicate> compile(topology::ExprPtr condition);
  /// Rows (not cells) of `rows` for which the condition holds, ascending. Valid until the next call.
  std::span<const std::uint32_t> select(const record::Rows& rows, base::Micros now_us);
  std::span<const RowFault> faults() const { return program_.faults(); }  ///< Such rows are not selected.

 private:
  explicit Predicate(Program program) : program_(std::move(program)) {}
  Program program_;
  std::vector<std::uint32_t> selected_;
};

/// Evaluates an expression without fields (for parameters and tests).
base::Result<topology::Scalar> evaluate_constant(const topology::ExprPtr& expression);

}  // namespace penstock::expression
