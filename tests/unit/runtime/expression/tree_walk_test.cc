// The independent evaluator: logic, choices and casts. Its functions are in tree_walk_functions_test.cc; random_test.cc
// compares it with compiled programs.

#include "tests/unit/runtime/expression/tree_walk.h"

#include <cmath>

#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"

namespace penstock::expression {
namespace {

using record::Kind;
using topology::Expr;

Value literal(const Expr& expr) {
  if (const auto* flag = std::get_if<bool>(&expr.literal)) return value_of(*flag);
  if (const auto* integer = std::get_if<std::int64_t>(&expr.literal)) return value_of(*integer);
  if (const auto* real = std::get_if<double>(&expr.literal)) return value_of(*real);
  if (const auto* text = std::get_if<std::string>(&expr.literal)) return value_of(*text);
  return null_value();
}

/// Three values and failure: the deciding value wins over everything, failure over null.
Value logic(const Expr& expr, const Row& row, bool winner) {
  bool null = false, failed = false;
  for (const auto& arg : expr.args) {
    const Value value = evaluate(*arg, row);
    if (value.valid() && value.as<bool>() == winner) return value_of(winner);
    null = null || value.state == Value::State::kNothing;
    failed = failed || value.failed();
  }
  if (failed) return failure();
  return null ? null_value() : value_of(!winner);
}

Value choose(const Expr& expr, const Row& row) {
  for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    const Value condition = evaluate(*expr.args[i], row);
    if (condition.failed()) return failure();
    if (condition.valid() && condition.as<bool>()) return evaluate(*expr.args[i + 1], row);
  }
  return evaluate(*expr.args.back(), row);
}

Value coalesce(const Expr& expr, const Row& row) {
  for (const auto& arg : expr.args) {
    Value value = evaluate(*arg, row);
    if (value.state != Value::State::kNothing) return value;
  }
  return null_value();
}

Value in(const Expr& expr, const Row& row) {
  const Value x = evaluate(*expr.args[0], row);
  bool null = false, failed = false;
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const Value element = evaluate(*expr.args[i], row);
    if (x.failed() || element.failed())
      failed = true;
    else if (!x.valid() || !element.valid())
      null = true;
    if (!x.valid() || !element.valid()) continue;
    bool equal = false;
    if (const auto* text = std::get_if<std::string>(&x.data)) equal = *text == element.as<std::string>();
    if (const auto* integer = std::get_if<std::int64_t>(&x.data)) equal = *integer == element.as<std::int64_t>();
    if (const auto* real = std::get_if<double>(&x.data)) equal = *real == element.as<double>();
    if (const auto* flag = std::get_if<bool>(&x.data)) equal = *flag == element.as<bool>();
    if (equal) return value_of(true);
  }
  if (failed) return failure();
  return null ? null_value() : value_of(false);
}

Value list(const Expr& expr, const Row& row) {
  std::vector<Value> elements;
  for (const auto& arg : expr.args) {
    elements.push_back(evaluate(*arg, row));
    if (elements.back().failed()) return failure();
  }
  return value_of(std::move(elements));
}

Value call(const Expr& expr, const Row& row) {
  std::vector<Value> args;
  bool null = false, failed = false;
  for (const auto& arg : expr.args) {
    args.push_back(evaluate(*arg, row));
    null = null || args.back().state == Value::State::kNothing;
    failed = failed || args.back().failed();
  }
  if (failed) return failure();
  return null ? null_value() : call_function(expr, args);
}

template <class T>
Value or_failure(const std::optional<T>& value) {
  return value ? value_of(T(*value)) : failure();
}

Value cast_text(const std::string& text, Kind to) {
  switch (to) {
    case Kind::kInt64:
      return or_failure(base::parse_int64(text));
    case Kind::kFloat64:
      return or_failure(base::parse_float64(text));
    case Kind::kTimestamp:
      return or_failure(base::parse_timestamp(text));
    case Kind::kDuration:
      return or_failure(base::parse_duration(text));
    case Kind::kBool:
      return text == "true" || text == "false" ? value_of(text == "true") : failure();
    default:
      return value_of(text);
  }
}

std::string as_text(const Value& value, Kind from) {
  char buffer[64];
  if (from == Kind::kBool) return value.as<bool>() ? "true" : "false";
  if (from == Kind::kFloat64) return {buffer, base::format_float64(value.as<double>(), buffer)};
  if (from == Kind::kTimestamp) return {buffer, base::format_timestamp(value.as<std::int64_t>(), buffer)};
  if (from == Kind::kDuration) return {buffer, base::format_duration(value.as<std::int64_t>(), buffer)};
  return std::to_string(value.as<std::int64_t>());
}

}  // namespace

Value cast_value(const Value& value, record::Type from, record::Type to) {
  if (!value.valid()) return value;
  if (from.kind == Kind::kString) return cast_text(value.as<std::string>(), to.kind);
  if (to.kind == Kind::kString) return value_of(as_text(value, from.kind));
  if (to.kind == Kind::kFloat64) return value_of(static_cast<double>(value.as<std::int64_t>()));
  if (to.kind == Kind::kBool) return value_of(value.as<std::int64_t>() != 0);
  if (from.kind == Kind::kBool) return value_of(std::int64_t{value.as<bool>() ? 1 : 0});
  const long double real = value.as<double>();
  if (!(real > -9223372036854775809.0L && real < 9223372036854775808.0L)) return failure();
  return value_of(static_cast<std::int64_t>(std::trunc(real)));
}

Value evaluate(const Expr& expr, const Row& row) {
  switch (expr.op) {
    case Expr::Op::kLiteral:
      return literal(expr);
    case Expr::Op::kField:
      return row[static_cast<std::size_t>(expr.field)];
    case Expr::Op::kList:
      return list(expr, row);
    case Expr::Op::kCall:
      return call(expr, row);
    case Expr::Op::kCast:
      return cast_value(evaluate(*expr.args[0], row), expr.args[0]->type, expr.type);
    case Expr::Op::kAnd:
      return logic(expr, row, false);
    case Expr::Op::kOr:
      return logic(expr, row, true);
    case Expr::Op::kCase:
      return choose(expr, row);
    case Expr::Op::kCoalesce:
      return coalesce(expr, row);
    case Expr::Op::kIn:
      return in(expr, row);
    default:
      break;
  }
  const Value value = evaluate(*expr.args[0], row);
  if (value.failed()) return value;
  if (expr.op == Expr::Op::kIsNull) return value_of(!value.valid());
  if (expr.op == Expr::Op::kIsNotNull) return value_of(value.valid());
  return value.valid() ? value_of(!value.as<bool>()) : value;
}

}  // namespace penstock::expression
