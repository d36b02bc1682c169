#include <algorithm>

#include "topology/expression/checker.h"
#include "topology/expression/literal_arguments.h"

namespace penstock::topology {
namespace {

using record::Kind;

struct OtherName {
  std::string_view written;
  std::string_view hint;
};
/// Functions of other languages, and what they are called here.
constexpr OtherName kOtherNames[] = {{"len", "length"},
                                     {"char_length", "length"},
                                     {"substring", "substr"},
                                     {"ifnull", "coalesce"},
                                     {"nvl", "coalesce"},
                                     {"pow", "power"},
                                     {"ceiling", "ceil"},
                                     {"log", "ln"},
                                     {"mean", "avg"},
                                     {"stddev_samp", "stddev"},
                                     {"min_of", "least"},
                                     {"max_of", "greatest"},
                                     {"array_agg", "list"},
                                     {"collect_list", "list"},
                                     {"to_timestamp", "parse_time"},
                                     {"strftime", "format_time"},
                                     {"date_format", "format_time"},
                                     {"strptime", "parse_time"},
                                     {"printf", "format"},
                                     {"sprintf", "format"},
                                     {"ucase", "upper"},
                                     {"lcase", "lower"},
                                     {"concat_ws", "concat"},
                                     {"regexp_matches", "regexp_like"},
                                     {"rlike", "regexp_like"},
                                     {"startswith", "starts_with"},
                                     {"current_timestamp", "now"},
                                     {"approx_count_distinct", "approx_distinct"},
                                     {"if", "case when ... then ... else ... end"},
                                     {"iff", "case when ... then ... else ... end"},
                                     {"mod", "a % b"},
                                     {"json_extract", "json"},
                                     {"json_value", "json"},
                                     {"ilike", "lower(x) like 'text%'"}};

std::string listed_types(const std::vector<ExprPtr>& args) {
  std::string result;
  for (const ExprPtr& arg : args) result += (result.empty() ? "" : ", ") + to_string(arg->type);
  return result;
}

std::string listed_signatures(const Function& function) {
  std::string result;
  for (const Signature& signature : function.signatures) {
    const std::string_view left = signature.text.substr(0, signature.text.find("->"));
    result += (result.empty() ? "" : " or ") + std::string(function.name) + "(" +
              std::string(left.substr(0, left.find_last_not_of(' ') + 1)) + ")";
  }
  return result;
}

bool is_comparison(std::string_view name) {
  return name == "=" || name == "<>" || name == "<" || name == "<=" || name == ">" || name == ">=";
}

/// What someone probably meant who put these types beside an operator.
std::string operator_hint(std::string_view name, const ExprPtr& left, const ExprPtr& right) {
  const Kind a = left->type.kind, b = right->type.kind;
  const bool text = a == Kind::kString || b == Kind::kString;
  if (name == "+" && text) return "texts are joined with ||: cast(x as string) || 'text'";
  if (name == "||" && a == Kind::kBool && b == Kind::kBool) return "write `or`";
  if (name == "||") return "write cast(" + (a == Kind::kString ? right : left)->text + " as string)";
  if ((name == "&" || name == "|") && a == Kind::kBool) return name == "&" ? "write `and`" : "write `or`";
  if (is_comparison(name) && (a == Kind::kBool || b == Kind::kBool)) {
    return "comparisons do not chain: write a < b and b < c";
  }
  if (is_comparison(name) && text) {
    const ExprPtr& other = a == Kind::kString ? right : left;
    const ExprPtr& written = a == Kind::kString ? left : right;
    if (is_literal(*written) && (other->type.kind == Kind::kInt64 || other->type.kind == Kind::kFloat64)) {
      return "a number is written without quotes";
    }
    return "write cast(" + other->text + " as string)";
  }
  if ((a == Kind::kTimestamp || b == Kind::kTimestamp) && (a == Kind::kInt64 || b == Kind::kInt64)) {
    return is_comparison(name) ? "say the unit: micros(x), millis(x) or seconds(x)"
                               : "a length of time is written like 10s";
  }
  return "";
}

}  // namespace

ExprPtr Checker::call(const Syntax& node) {
  if (node.name == "coalesce" || node.name == "nullif") return node.name == "nullif" ? nullif(node) : coalesce(node);
  const Function* function = find_function(node.name);
  if (function == nullptr) return unknown_function(node);
  if (is_aggregate(*function)) return names_.aggregate(node, *function, faults_);
  if (node.star || node.distinct || node.filter != nullptr) {
    return fail(node.span, "not_an_aggregate",
                "`" + node.name + "` is no aggregate: `*`, `distinct` and `filter` cannot stand with it", "");
  }
  if (node.name == "to_json" && node.args.empty()) return to_json(node, *function);
  auto args = check_all(node.args);
  if (!args) return nullptr;
  return resolved_call(node, *function, std::move(*args));
}

ExprPtr Checker::resolved_call(const Syntax& node, const Function& function, std::vector<ExprPtr> args) {
  if (is_comparison(function.name)) {
    texts_to_timestamps(args);
    match_number_literals(args);
  }
  std::vector<record::Type> types;
  for (const ExprPtr& arg : args) {
    if (arg == nullptr) return nullptr;
    types.push_back(arg->type);
  }
  const auto match = match_function(function, types);
  if (!match) return wrong_arguments(node, function, args);
  if (!literal_arguments_are_good(node, function, args)) return nullptr;
  auto expr = make(Expr::Op::kCall, node);
  expr->function = &function;
  expr->type = match->result;
  expr->nullable = match->signature->nullable;
  for (std::size_t i = 0; i < args.size(); ++i) {
    expr->nullable = expr->nullable || args[i]->nullable;
    expr->args.push_back(convert(args[i], match->parameters[i]));
    if (function.strict && is_null_literal(*args[i])) {  // Whatever the others are.
      auto null = std::make_shared<Expr>(*args[i]);
      null->type = expr->type;
      null->span = expr->span;
      null->text = expr->text;
      return null;
    }
  }
  return finish(expr);
}

ExprPtr Checker::compare(const Syntax& node, std::string_view operation, ExprPtr left, ExprPtr right) {
  const Function& function = *find_function(operation);
  return resolved_call(node, function, {std::move(left), std::move(right)});
}

ExprPtr Checker::coalesce(const Syntax& node) {
  auto args = check_all(node.args);
  if (!args) return nullptr;
  if (args->empty()) return fail(node.span, "wrong_argument_count", "coalesce needs at least one value", "");
  texts_to_timestamps(*args);
  const auto type = common_type(*args, "the values of coalesce");
  if (!type) return nullptr;
  auto expr = make(Expr::Op::kCoalesce, node);
  expr->type = *type;
  for (const ExprPtr& arg : *args) {
    if (is_null_literal(*arg) && args->size() > 1) continue;
    expr->args.push_back(convert(arg, *type));
    expr->nullable = expr->nullable && arg->nullable;
    if (!arg->nullable) break;  // What follows is never reached.
  }
  if (expr->args.empty()) expr->args.push_back((*args)[0]);
  return expr->args.size() == 1 ? expr->args[0] : expr;
}

/// nullif(a, b) is case when a = b then null else a end.
ExprPtr Checker::nullif(const Syntax& node) {
  auto args = check_all(node.args);
  if (!args) return nullptr;
  if (args->size() != 2) {
    return fail(node.span, "wrong_argument_count", "nullif needs two values, not " + std::to_string(args->size()),
                "write nullif(a, b): null where they are equal, else a");
  }
  ExprPtr equal = compare(node, "=", (*args)[0], (*args)[1]);
  if (equal == nullptr) return nullptr;
  auto null = std::make_shared<Expr>();
  null->type = (*args)[0]->type;
  null->text = "null";
  auto expr = make(Expr::Op::kCase, node);
  expr->type = (*args)[0]->type;
  expr->args = {convert(equal, {Kind::kBool, Kind::kNull}), null, (*args)[0]};
  return expr;
}

/// to_json() reads every field of the row: its arguments are name, value, name, value ...
ExprPtr Checker::to_json(const Syntax& node, const Function& function) {
  const Scope* row = names_.row();
  if (row == nullptr) return fail(node.span, "no_row", "there is no row that to_json() could write here", "");
  auto expr = make(Expr::Op::kCall, node);
  expr->function = &function;
  expr->type = {Kind::kString, Kind::kNull};
  expr->nullable = false;
  for (std::size_t i = 0; i < row->entries.size(); ++i) {
    auto name = make(Expr::Op::kLiteral, node);
    name->type = expr->type;
    name->nullable = false;
    name->literal = row->entries[i].name;
    auto value = make(Expr::Op::kField, node);
    value->type = row->entries[i].type;
    value->nullable = row->entries[i].nullable;
    value->field = static_cast<int>(i);
    expr->args.push_back(name);
    expr->args.push_back(value);
  }
  return expr;
}

ExprPtr Checker::unknown_function(const Syntax& node) {
  std::vector<std::string> names{"coalesce", "nullif", "cast"};
  for (const Function& function : functions())
    if (function.section > Section::kOperators) names.emplace_back(function.name);
  std::string hint = "`penstock functions` lists all of them";
  for (const OtherName& other : kOtherNames)
    if (other.written == node.name)
      return fail(node.name_span, "unknown_function", "there is no function '" + node.name + "'",
                  "here it is written " + std::string(other.hint));
  const auto nearest = nearest_names(node.name, names);
  if (!nearest.empty()) hint = "did you mean '" + nearest[0] + "'?";
  return fail(node.name_span, "unknown_function", "there is no function '" + node.name + "'", hint);
}

ExprPtr Checker::wrong_arguments(const Syntax& node, const Function& function, const std::vector<ExprPtr>& args) {
  const std::string name(function.name);
  if (is_operator(function)) {
    const bool unary = args.size() == 1;
    return fail(
        node.span, "wrong_argument_type",
        "'" + name + "' cannot take " + to_string(args[0]->type) + (unary ? "" : " and " + to_string(args[1]->type)),
        unary ? "" : operator_hint(function.name, args[0], args[1]));
  }
  const bool count_fits = std::any_of(function.signatures.begin(), function.signatures.end(),
                                      [&](const Signature& signature) { return takes_count(signature, args.size()); });
  if (!count_fits) {
    return fail(node.span, "wrong_argument_count",
                name + " cannot take " + std::to_string(args.size()) + (args.size() == 1 ? " argument" : " arguments"),
                "it is " + listed_signatures(function));
  }
  return fail(node.span, "wrong_argument_type", name + " cannot take (" + listed_types(args) + ")",
              "it is " + listed_signatures(function));
}

bool Checker::literal_arguments_are_good(const Syntax& node, const Function& function,
                                         const std::vector<ExprPtr>& args) {
  auto fault = check_literal_arguments(function, args);
  if (!fault) return true;
  if (fault->span.end == 0) fault->span = node.span;
  faults_.push_back(std::move(*fault));
  return false;
}

}  // namespace penstock::topology
