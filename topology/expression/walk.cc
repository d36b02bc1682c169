#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

// Trees share sub-trees (between, nullif), so every walk remembers where it has been: a nest of them stays linear.

namespace penstock::topology {
namespace {

using record::Kind;

template <class Visit>
void visit_once(const Expr& expr, std::unordered_set<const Expr*>& seen, Visit&& visit) {
  if (!seen.insert(&expr).second) return;
  visit(expr);
  for (const ExprPtr& arg : expr.args) visit_once(*arg, seen, visit);
}

class Renumbering {
 public:
  explicit Renumbering(const std::vector<int>& map) : map_(map) {}
  ExprPtr operator()(const ExprPtr& expr) {
    ExprPtr& done = done_[expr.get()];
    if (done != nullptr) return done;
    auto result = std::make_shared<Expr>(*expr);
    if (expr->op == Expr::Op::kField) result->field = map_[static_cast<std::size_t>(expr->field)];
    for (ExprPtr& arg : result->args) arg = (*this)(arg);
    return done_[expr.get()] = result;  // Looked up again: the recursion may have moved the map's entries.
  }

 private:
  const std::vector<int>& map_;
  std::unordered_map<const Expr*, ExprPtr> done_;
};

bool cast_can_fail(Kind from, Kind to) {
  if (from == to || from == Kind::kNull || (to == Kind::kString && from != Kind::kBytes)) return false;
  if (from == Kind::kString) return to != Kind::kBytes;
  return from == Kind::kBytes || from == Kind::kFloat64;
}

bool node_can_fail(const Expr& expr) {
  if (expr.op == Expr::Op::kCast) return cast_can_fail(expr.args[0]->type.kind, expr.type.kind);
  if (expr.op != Expr::Op::kCall || !expr.function->strict) return false;
  std::vector<record::Type> types;
  for (const ExprPtr& arg : expr.args) types.push_back(arg->type);
  const Signature* signature = find_signature(*expr.function, types);
  return signature == nullptr || signature->can_fail;
}

}  // namespace

std::vector<int> fields_read(const Expr& expression) {
  std::vector<int> fields;
  std::unordered_set<const Expr*> seen;
  visit_once(expression, seen, [&](const Expr& expr) {
    if (expr.op == Expr::Op::kField) fields.push_back(expr.field);
  });
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

ExprPtr renumber_fields(const ExprPtr& expression, const std::vector<int>& map) { return Renumbering(map)(expression); }

bool cannot_fail(const Expr& expression) {
  bool good = true;
  std::unordered_set<const Expr*> seen;
  visit_once(expression, seen, [&](const Expr& expr) { good = good && !node_can_fail(expr); });
  return good;
}

}  // namespace penstock::topology
