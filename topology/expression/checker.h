/// From syntax to a typed, folded tree. One object checks the expressions of one place in the file; nullptr results
/// mean that `faults` has said why.
#pragma once

#include <string>
#include <vector>

#include "topology/expression/functions.h"
#include "topology/expression/overload.h"
#include "topology/expression/syntax.h"

namespace penstock::topology {

/// What bare names and calls of aggregates mean where an expression stands.
class Names {
 public:
  virtual ~Names() = default;
  /// Both return nullptr after adding a fault.
  virtual ExprPtr name(const Syntax& node, std::vector<ExprFault>& faults) = 0;
  virtual ExprPtr aggregate(const Syntax& node, const Function& function, std::vector<ExprFault>& faults) = 0;
  virtual const Scope* row() const = 0;  ///< What to_json() writes; nullptr: there is no row.
};

class Checker {
 public:
  Checker(std::string_view text, Names& names, std::vector<ExprFault>& faults)
      : text_(text), names_(names), faults_(faults) {}

  ExprPtr check(const Syntax& node);
  /// The same value as `wanted`, where that loses nothing; otherwise a `wrong_type` fault.
  ExprPtr expect(ExprPtr value, record::Type wanted);
  ExprPtr condition(const Syntax& node, std::string_view place);  ///< A bool.

 private:
  // checker.cc
  ExprPtr literal(const Syntax& node);
  ExprPtr list(const Syntax& node);
  ExprPtr logic(const Syntax& node);
  ExprPtr case_expression(const Syntax& node);
  ExprPtr cast(const Syntax& node);
  ExprPtr in(const Syntax& node);
  ExprPtr between(const Syntax& node);
  ExprPtr null_test(const Syntax& node);

  // checker_calls.cc
  ExprPtr call(const Syntax& node);
  ExprPtr resolved_call(const Syntax& node, const Function& function, std::vector<ExprPtr> args);
  ExprPtr coalesce(const Syntax& node);
  ExprPtr nullif(const Syntax& node);
  ExprPtr to_json(const Syntax& node, const Function& function);
  ExprPtr unknown_function(const Syntax& node);
  ExprPtr wrong_arguments(const Syntax& node, const Function& function, const std::vector<ExprPtr>& args);
  bool literal_arguments_are_good(const Syntax& node, const Function& function, const std::vector<ExprPtr>& args);
  ExprPtr compare(const Syntax& node, std::string_view operation, ExprPtr left, ExprPtr right);

  std::optional<std::vector<ExprPtr>> check_all(const std::vector<SyntaxPtr>& nodes);  ///< nullopt: some failed.
  std::optional<record::Type> common_type(const std::vector<ExprPtr>& values, std::string_view place);
  void texts_to_timestamps(std::vector<ExprPtr>& values);  ///< Literals beside timestamps; bad ones become nullptr.
  ExprPtr in_mixed_numbers(const Syntax& node, const std::vector<ExprPtr>& args);
  std::shared_ptr<Expr> make(Expr::Op op, const Syntax& node) const;
  ExprPtr finish(std::shared_ptr<Expr> expr);  ///< Folds constants; a fold that fails is a fault.
  ExprPtr fail(TextSpan span, std::string code, std::string message, std::string hint);

  std::string_view text_;
  Names& names_;
  std::vector<ExprFault>& faults_;
};

/// `value` converted (int64 to float64, null to anything, [null] to any list), without any check. Literals stay
/// literals.
ExprPtr convert(const ExprPtr& value, record::Type to);
bool is_literal(const Expr& expr);
/// Literals among int64 and float64 that are the same number in the others' type become that: no row is converted then.
void match_number_literals(std::vector<ExprPtr>& values);
bool is_null_literal(const Expr& expr);

/// Names of a plain row.
class ScopeNames final : public Names {
 public:
  explicit ScopeNames(const Scope& scope, std::string_view text) : scope_(scope), text_(text) {}
  ExprPtr name(const Syntax& node, std::vector<ExprFault>& faults) override;
  ExprPtr aggregate(const Syntax& node, const Function& function, std::vector<ExprFault>& faults) override;
  const Scope* row() const override { return &scope_; }

 private:
  const Scope& scope_;
  std::string_view text_;
};

std::string source_text(std::string_view text, TextSpan span);  ///< Shortened, for messages.
std::string known_names(const Scope& scope);                    ///< "id, name, left.x": for hints.

}  // namespace penstock::topology
