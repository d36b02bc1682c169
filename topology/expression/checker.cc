#include "topology/expression/checker.h"

#include <algorithm>

#include "topology/expression/fold.h"

namespace penstock::topology {

using record::Kind;
using record::Type;

namespace {
constexpr Type kBool{Kind::kBool, Kind::kNull};

bool any_nullable(const std::vector<ExprPtr>& args) {
  for (const ExprPtr& arg : args)
    if (arg->nullable) return true;
  return false;
}
}  // namespace

ExprPtr Checker::check(const Syntax& node) {
  switch (node.kind) {
    case Syntax::Kind::kLiteral:
      return literal(node);
    case Syntax::Kind::kName:
      return names_.name(node, faults_);
    case Syntax::Kind::kCall:
      return call(node);
    case Syntax::Kind::kList:
      return list(node);
    case Syntax::Kind::kAnd:
    case Syntax::Kind::kOr:
    case Syntax::Kind::kNot:
      return logic(node);
    case Syntax::Kind::kCase:
      return case_expression(node);
    case Syntax::Kind::kCast:
      return cast(node);
    case Syntax::Kind::kIn:
      return in(node);
    case Syntax::Kind::kBetween:
      return between(node);
    case Syntax::Kind::kIsNull:
    case Syntax::Kind::kIsNotNull:
      return null_test(node);
  }
  return nullptr;
}

ExprPtr Checker::literal(const Syntax& node) {
  auto expr = make(Expr::Op::kLiteral, node);
  expr->type = node.type;
  expr->literal = node.literal;
  expr->nullable = std::holds_alternative<NullValue>(node.literal);
  return expr;
}

ExprPtr Checker::list(const Syntax& node) {
  auto args = check_all(node.args);
  if (!args) return nullptr;
  const auto element = common_type(*args, "the elements of a list");
  if (!element) return nullptr;
  if (element->kind == Kind::kList) return fail(node.span, "wrong_type", "lists do not nest", "");
  auto expr = make(Expr::Op::kList, node);
  expr->type = {Kind::kList, element->kind};
  expr->nullable = false;
  for (const ExprPtr& arg : *args) expr->args.push_back(convert(arg, *element));
  return expr;
}

ExprPtr Checker::logic(const Syntax& node) {
  const bool both = node.kind == Syntax::Kind::kAnd;
  const std::string place = node.kind == Syntax::Kind::kNot ? "`not`" : both ? "`and`" : "`or`";
  auto expr = make(node.kind == Syntax::Kind::kNot ? Expr::Op::kNot : both ? Expr::Op::kAnd : Expr::Op::kOr, node);
  bool good = true;
  for (const SyntaxPtr& arg : node.args) {
    expr->args.push_back(condition(*arg, place));
    good = good && expr->args.back() != nullptr;
  }
  if (!good) return nullptr;
  expr->type = kBool;
  expr->nullable = any_nullable(expr->args);
  return finish(expr);
}

ExprPtr Checker::case_expression(const Syntax& node) {
  ExprPtr operand = node.operand != nullptr ? check(*node.operand) : nullptr;
  if (node.operand != nullptr && operand == nullptr) return nullptr;
  std::vector<ExprPtr> conditions, values;
  bool good = true;
  for (std::size_t i = 0; i + 1 < node.args.size(); i += 2) {
    ExprPtr when = operand == nullptr ? condition(*node.args[i], "`when`") : check(*node.args[i]);
    if (when != nullptr && operand != nullptr) when = compare(*node.args[i], "=", operand, when);
    conditions.push_back(when);
    values.push_back(check(*node.args[i + 1]));
    good = good && conditions.back() != nullptr && values.back() != nullptr;
  }
  auto otherwise = std::make_shared<Expr>();
  otherwise->span = node.span;
  otherwise->text = "null";
  values.push_back(node.args.size() % 2 == 1 ? check(*node.args.back()) : otherwise);
  if (!good || values.back() == nullptr) return nullptr;
  texts_to_timestamps(values);
  const auto type = common_type(values, "the branches of `case`");
  if (!type) return nullptr;
  auto expr = make(Expr::Op::kCase, node);
  expr->type = *type;
  expr->nullable = any_nullable(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i < conditions.size()) expr->args.push_back(conditions[i]);
    expr->args.push_back(convert(values[i], *type));
  }
  return expr;
}

ExprPtr Checker::cast(const Syntax& node) {
  ExprPtr value = check(*node.args[0]);
  if (value == nullptr) return nullptr;
  if (!castable(value->type, node.type)) {
    const bool to_time = node.type.kind == Kind::kTimestamp && value->type.kind == Kind::kInt64;
    const bool from_time = value->type.kind == Kind::kTimestamp && node.type.kind == Kind::kInt64;
    return fail(node.span, "bad_cast", to_string(value->type) + " cannot be cast to " + to_string(node.type),
                to_time || from_time ? "say the unit: micros(" + value->text + "), millis(...) or seconds(...)" : "");
  }
  if (value->type == node.type) return value;
  if (value->type.kind == Kind::kNull) return convert(value, node.type);
  auto expr = make(Expr::Op::kCast, node);
  expr->type = node.type;
  expr->nullable = value->nullable;
  expr->args = {value};
  return finish(expr);
}

ExprPtr Checker::in(const Syntax& node) {
  auto args = check_all(node.args);
  if (!args) return nullptr;
  texts_to_timestamps(*args);
  match_number_literals(*args);
  const auto type = common_type(*args, "both sides of `in`");
  if (!type) return nullptr;
  if (type->kind == Kind::kList) {
    return fail(node.span, "wrong_type", "`in` takes single values, not lists",
                "for a list field write contains(list, x)");
  }
  const auto whole = [](const ExprPtr& arg) { return arg->type.kind == Kind::kInt64; };
  if (type->kind == Kind::kFloat64 && std::any_of(args->begin(), args->end(), whole))
    return in_mixed_numbers(node, *args);
  auto expr = make(Expr::Op::kIn, node);
  expr->type = kBool;
  expr->nullable = any_nullable(*args);
  for (const ExprPtr& arg : *args) expr->args.push_back(convert(arg, type->kind == Kind::kNull ? kBool : *type));
  return expr;
}

/// x in (a, b) is x = a or x = b, and these compare exactly.
ExprPtr Checker::in_mixed_numbers(const Syntax& node, const std::vector<ExprPtr>& args) {
  ExprPtr any;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const ExprPtr equal = convert(compare(node, "=", args[0], args[i]), kBool);
    if (any == nullptr) {
      any = equal;
      continue;
    }
    auto either = make(Expr::Op::kOr, node);
    either->type = kBool;
    either->nullable = any_nullable({any, equal});
    either->args = {any, equal};
    any = finish(either);
  }
  return any;
}

/// x between a and b is x >= a and x <= b.
ExprPtr Checker::between(const Syntax& node) {
  auto args = check_all(node.args);
  if (!args) return nullptr;
  ExprPtr low = compare(node, ">=", (*args)[0], (*args)[1]);
  ExprPtr high = low == nullptr ? nullptr : compare(node, "<=", (*args)[0], (*args)[2]);
  if (high == nullptr) return nullptr;
  auto expr = make(Expr::Op::kAnd, node);
  expr->type = kBool;
  expr->nullable = any_nullable({low, high});
  expr->args = {low, high};
  return finish(expr);
}

ExprPtr Checker::null_test(const Syntax& node) {
  ExprPtr value = check(*node.args[0]);
  if (value == nullptr) return nullptr;
  auto expr = make(node.kind == Syntax::Kind::kIsNull ? Expr::Op::kIsNull : Expr::Op::kIsNotNull, node);
  expr->type = kBool;
  expr->nullable = false;
  expr->args = {value};
  return finish(expr);
}

}  // namespace penstock::topology
