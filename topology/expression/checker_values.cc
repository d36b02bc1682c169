#include <cmath>

#include "runtime/base/number_order.h"
#include "runtime/base/time_fraction.h"
#include "topology/expression/checker.h"
#include "topology/expression/fold.h"

// What every check needs: conversions, common types, literals, faults.

namespace penstock::topology {

using record::Kind;
using record::Type;

namespace {

constexpr Type kBool{Kind::kBool, Kind::kNull};

std::string fold_message(const std::string& code, const Expr& expr) {
  const std::string shown = "'" + expr.text + "'";
  if (code == "overflow") return shown + " always overflows";
  if (code == "division_by_zero") return shown + " always divides by zero";
  if (code == "bad_cast") return shown + " can never be a " + to_string(expr.type);
  return shown + " is always out of range";
}
}  // namespace

bool is_literal(const Expr& expr) { return expr.op == Expr::Op::kLiteral; }
bool is_null_literal(const Expr& expr) { return is_literal(expr) && std::holds_alternative<NullValue>(expr.literal); }

std::string source_text(std::string_view text, TextSpan span) {
  constexpr std::size_t kMost = 120;
  std::string_view part = text.substr(span.begin, span.end - span.begin);
  if (part.size() <= kMost) return std::string(part);
  std::size_t end = kMost;
  while (end > 0 && (part[end] & 0xC0) == 0x80) --end;  // Never within a character.
  return std::string(part.substr(0, end)) + "...";
}

ExprPtr convert(const ExprPtr& value, Type to) {
  if (value->type == to) return value;
  auto result = std::make_shared<Expr>(*value);
  result->type = to;
  if (is_null_literal(*value)) return result;
  if (value->op == Expr::Op::kList) {  // [null] as a list of something.
    for (ExprPtr& arg : result->args) arg = convert(arg, {to.element, Kind::kNull});
    return result;
  }
  if (is_literal(*value)) {
    result->literal = fold_cast(value->literal, value->type, to).value;
    return result;
  }
  result->op = Expr::Op::kCast;
  result->function = nullptr;
  result->field = -1;
  result->args = {value};
  return result;
}

ExprPtr Checker::expect(ExprPtr value, Type wanted) {
  if (value == nullptr || value->type == wanted) return value;
  const auto common = unify(value->type, wanted);
  if (common && *common == wanted) return convert(value, wanted);
  if (wanted.kind == Kind::kTimestamp && is_literal(*value) && value->type.kind == Kind::kString) {
    std::vector<ExprPtr> both{value, nullptr};
    auto marker = std::make_shared<Expr>();
    marker->type = wanted;
    both[1] = marker;
    texts_to_timestamps(both);
    return both[0];
  }
  const std::string to = to_string(wanted);
  return fail(value->span, "wrong_type", "this is " + to_string(value->type) + ", but " + to + " is needed here",
              wanted.kind == Kind::kBool      ? "compare it with something, e.g. " + value->text + " = ..."
              : castable(value->type, wanted) ? "write cast(" + value->text + " as " + to + ")"
                                              : "");
}

ExprPtr Checker::condition(const Syntax& node, std::string_view place) {
  ExprPtr value = check(node);
  if (value == nullptr || value->type.kind == Kind::kBool) return value;
  if (value->type.kind == Kind::kNull) return convert(value, kBool);
  return fail(value->span, "wrong_type",
              std::string(place) + " needs true or false (bool), but this is " + to_string(value->type),
              "compare it with something, e.g. " + value->text + " = ...");
}

std::optional<std::vector<ExprPtr>> Checker::check_all(const std::vector<SyntaxPtr>& nodes) {
  std::vector<ExprPtr> result;
  bool good = true;
  for (const SyntaxPtr& node : nodes) {
    result.push_back(check(*node));
    good = good && result.back() != nullptr;
  }
  return good ? std::optional(std::move(result)) : std::nullopt;
}

std::optional<Type> Checker::common_type(const std::vector<ExprPtr>& values, std::string_view place) {
  Type type;
  for (const ExprPtr& value : values) {
    if (value == nullptr) return std::nullopt;
    const auto common = unify(type, value->type);
    if (!common) {
      fail(value->span, "wrong_type",
           std::string(place) + " have different types: " + to_string(type) + " and " + to_string(value->type),
           "cast one of them, e.g. cast(" + value->text + " as " + to_string(type) + ")");
      return std::nullopt;
    }
    type = *common;
  }
  return type;
}

namespace {
constexpr double kPastInt64 = 9223372036854775808.0;

/// The literal in the other type of number when it is the same number there, else nullptr.
ExprPtr same_number(const Expr& literal, Kind to) {
  auto same = std::make_shared<Expr>(literal);
  same->type = {to, Kind::kNull};
  if (to == Kind::kFloat64) {
    const auto* value = std::get_if<std::int64_t>(&literal.literal);  // Else a null with a type.
    if (value == nullptr || base::number_order(*value, static_cast<double>(*value)) != 0) return nullptr;
    same->literal = static_cast<double>(*value);
  } else {
    const auto* value = std::get_if<double>(&literal.literal);
    const bool fits = value != nullptr && *value >= -kPastInt64 && *value < kPastInt64;
    if (!fits || *value != std::trunc(*value)) return nullptr;
    same->literal = static_cast<std::int64_t>(*value);
  }
  return same;
}
}  // namespace

void match_number_literals(std::vector<ExprPtr>& values) {
  const auto is_number = [](const ExprPtr& value, Kind kind) { return value != nullptr && value->type.kind == kind; };
  Kind wanted = Kind::kNull;  // That of what is no literal; where both are there, literals do not help.
  for (const ExprPtr& value : values)
    if (value != nullptr && !is_literal(*value) && (wanted == Kind::kNull || is_number(value, Kind::kFloat64)))
      wanted = value->type.kind;
  if (wanted != Kind::kInt64 && wanted != Kind::kFloat64) return;
  const Kind other = wanted == Kind::kInt64 ? Kind::kFloat64 : Kind::kInt64;
  for (ExprPtr& value : values) {
    if (!is_number(value, other) || !is_literal(*value)) continue;
    if (ExprPtr same = same_number(*value, wanted)) value = std::move(same);
  }
}

void Checker::texts_to_timestamps(std::vector<ExprPtr>& values) {
  bool timestamps = false;
  for (const ExprPtr& value : values) timestamps = timestamps || value->type.kind == Kind::kTimestamp;
  if (!timestamps) return;
  for (ExprPtr& value : values) {
    if (value->type.kind != Kind::kString || !is_literal(*value) || is_null_literal(*value)) continue;
    const auto& text = std::get<std::string>(value->literal);
    const auto time = base::parse_timestamp(text);
    if (!time) {
      value = fail(value->span, "bad_timestamp", "'" + text + "' is not a timestamp of the years 1900 to 2200",
                   base::is_finer_than_micros(text) ? "write " + std::string(base::kFinerThanMicros)
                                                    : "write it like '2023-09-18T14:23:10Z' or '2012-01-01'");
      continue;
    }
    auto literal = std::make_shared<Expr>(*value);
    literal->type = {Kind::kTimestamp, Kind::kNull};
    literal->literal = *time;
    value = literal;
  }
}

std::shared_ptr<Expr> Checker::make(Expr::Op op, const Syntax& node) const {
  auto expr = std::make_shared<Expr>();
  expr->op = op;
  expr->span = node.span;
  expr->text = source_text(text_, node.span);
  return expr;
}

ExprPtr Checker::finish(std::shared_ptr<Expr> expr) {
  auto folded = fold(*expr);
  if (!folded) return expr;
  if (!folded->fault.empty()) return fail(expr->span, folded->fault, fold_message(folded->fault, *expr), "");
  expr->op = Expr::Op::kLiteral;
  expr->literal = std::move(folded->value);
  expr->nullable = std::holds_alternative<NullValue>(expr->literal);
  expr->function = nullptr;
  expr->args.clear();
  return expr;
}

ExprPtr Checker::fail(TextSpan span, std::string code, std::string message, std::string hint) {
  faults_.push_back({std::move(code), std::move(message), std::move(hint), span});
  return nullptr;
}

}  // namespace penstock::topology
