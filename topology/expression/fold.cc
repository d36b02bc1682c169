#include "topology/expression/fold.h"

#include <cmath>
#include <compare>
#include <limits>

#include "runtime/base/number_order.h"
#include "runtime/base/time_text.h"
#include "topology/expression/functions.h"

namespace penstock::topology {
namespace {

using record::Kind;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

Folded failed(std::string code) { return {NullValue{}, std::move(code)}; }

std::optional<Folded> fold_bits(std::string_view op, std::int64_t a, std::int64_t b) {
  if (op == "&") return Folded{a & b, ""};
  if (op == "|") return Folded{a | b, ""};
  if (op != "<<" && op != ">>") return std::nullopt;
  if (b < 0 || b > 63) return failed("out_of_range");
  if (op == ">>") return Folded{a >> b, ""};
  return Folded{static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << b), ""};
}

std::optional<Folded> fold_integers(std::string_view op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (op == "+") return __builtin_add_overflow(a, b, &result) ? failed("overflow") : Folded{result, ""};
  if (op == "-") return __builtin_sub_overflow(a, b, &result) ? failed("overflow") : Folded{result, ""};
  if (op == "*") return __builtin_mul_overflow(a, b, &result) ? failed("overflow") : Folded{result, ""};
  if (op != "/" && op != "%") return fold_bits(op, a, b);
  if (b == 0) return failed("division_by_zero");
  if (op == "%") return Folded{b == -1 ? 0 : a % b, ""};
  if (a == kLeast && b == -1) return failed("overflow");
  return Folded{a / b, ""};
}

std::optional<Folded> fold_floats(std::string_view op, double a, double b) {
  double result = 0;
  if ((op == "/" || op == "%") && b == 0) return failed("division_by_zero");
  if (op == "+")
    result = a + b;
  else if (op == "-")
    result = a - b;
  else if (op == "*")
    result = a * b;
  else if (op == "/")
    result = a / b;
  else if (op == "%")
    result = std::fmod(a, b);
  else
    return std::nullopt;
  if (!std::isfinite(result)) return failed("overflow");
  return Folded{result, ""};
}

template <class T>
std::optional<Folded> fold_order(std::string_view op, const T& a, const T& b) {
  if (op == "=") return Folded{a == b, ""};
  if (op == "<>") return Folded{a != b, ""};
  if (op == "<") return Folded{a < b, ""};
  if (op == "<=") return Folded{a <= b, ""};
  if (op == ">") return Folded{a > b, ""};
  if (op == ">=") return Folded{a >= b, ""};
  return std::nullopt;
}

std::optional<Folded> fold_comparison(std::string_view op, const Scalar& a, const Scalar& b) {
  const auto *whole_a = std::get_if<std::int64_t>(&a), *whole_b = std::get_if<std::int64_t>(&b);
  const auto *real_a = std::get_if<double>(&a), *real_b = std::get_if<double>(&b);
  if (whole_a != nullptr && real_b != nullptr) return fold_order(op, base::number_order(*whole_a, *real_b), 0);
  if (real_a != nullptr && whole_b != nullptr) return fold_order(op, -base::number_order(*whole_b, *real_a), 0);
  if (whole_a != nullptr) return fold_order(op, *whole_a, *whole_b);
  if (real_a != nullptr) return fold_order(op, *real_a, *real_b);
  if (const auto* x = std::get_if<std::string>(&a)) return fold_order(op, *x, std::get<std::string>(b));
  if (const auto* x = std::get_if<bool>(&a)) return fold_order(op, *x, std::get<bool>(b));
  return std::nullopt;
}

std::optional<Folded> fold_unary(const Expr& expr) {
  const Scalar& a = expr.args[0]->literal;
  if (expr.function->name != "-") return std::nullopt;
  if (const auto* real = std::get_if<double>(&a)) return Folded{-*real, ""};
  const auto value = std::get<std::int64_t>(a);
  return value == kLeast ? failed("overflow") : Folded{-value, ""};
}

std::optional<Folded> fold_call(const Expr& expr) {
  const std::string_view op = expr.function->name;
  for (const ExprPtr& arg : expr.args)
    if (std::holds_alternative<NullValue>(arg->literal)) return Folded{NullValue{}, ""};
  if (!is_operator(*expr.function)) return std::nullopt;
  if (expr.args.size() == 1) return fold_unary(expr);
  const Scalar &a = expr.args[0]->literal, &b = expr.args[1]->literal;
  if (auto folded = fold_comparison(op, a, b)) return folded;
  if (op == "||") return Folded{std::get<std::string>(a) + std::get<std::string>(b), ""};
  if (const auto* x = std::get_if<double>(&a)) return fold_floats(op, *x, std::get<double>(b));
  if (!std::holds_alternative<std::int64_t>(a)) return std::nullopt;
  auto folded = fold_integers(op, std::get<std::int64_t>(a), std::get<std::int64_t>(b));
  if (folded && folded->fault.empty() && expr.type.kind == Kind::kTimestamp) {
    const auto time = std::get<std::int64_t>(folded->value);
    if (time < base::kMinTimestamp || time > base::kMaxTimestamp) return failed("out_of_range");
  }
  return folded;
}

/// and: false wins, then null; or: true wins, then null.
std::optional<Folded> fold_logic(const Expr& expr) {
  const bool winner = expr.op == Expr::Op::kOr;
  bool null = false;
  for (const ExprPtr& arg : expr.args) {
    const auto* value = std::get_if<bool>(&arg->literal);
    if (value == nullptr)
      null = true;
    else if (*value == winner)
      return Folded{winner, ""};
  }
  if (null) return Folded{NullValue{}, ""};
  return Folded{!winner, ""};
}

}  // namespace

std::optional<Folded> fold(const Expr& expr) {
  for (const ExprPtr& arg : expr.args)
    if (arg->op != Expr::Op::kLiteral) return std::nullopt;
  const Scalar* first = expr.args.empty() ? nullptr : &expr.args[0]->literal;
  switch (expr.op) {
    case Expr::Op::kCall:
      return expr.function->strict && first != nullptr ? fold_call(expr) : std::nullopt;
    case Expr::Op::kAnd:
    case Expr::Op::kOr:
      return fold_logic(expr);
    case Expr::Op::kNot:
      if (std::holds_alternative<NullValue>(*first)) return Folded{NullValue{}, ""};
      return Folded{!std::get<bool>(*first), ""};
    case Expr::Op::kIsNull:
      return Folded{std::holds_alternative<NullValue>(*first), ""};
    case Expr::Op::kIsNotNull:
      return Folded{!std::holds_alternative<NullValue>(*first), ""};
    case Expr::Op::kCast:
      return fold_cast(*first, expr.args[0]->type, expr.type);
    default:
      return std::nullopt;
  }
}

}  // namespace penstock::topology
