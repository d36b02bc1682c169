#include <algorithm>

#include "topology/expression/checker.h"

namespace penstock::topology {
namespace {

using record::Kind;
using record::Type;

constexpr Type kTimestamp{Kind::kTimestamp, Kind::kNull};

/// What names mean in `aggregate:`. Fields of the internal row are numbered for the time being as keys, window_start,
/// window_end, calls; renumber() brings them into their final order.
class AggregateNames final : public Names {
 public:
  AggregateNames(const record::Schema& input, const std::vector<int>& keys, bool windowed, bool updates)
      : input_(input), keys_(keys), windowed_(windowed), updates_(updates), scope_(Scope::of(input)) {}

  void set_text(std::string_view text) { text_ = text; }
  ExprPtr name(const Syntax& node, std::vector<ExprFault>& faults) override;
  ExprPtr aggregate(const Syntax& node, const Function& function, std::vector<ExprFault>& faults) override;
  const Scope* row() const override { return nullptr; }

  AggregateExpressions finish(const std::vector<NamedText>& outputs, const std::vector<ExprPtr>& expressions);

 private:
  ExprPtr bound(const Syntax& node, std::vector<ExprFault>& faults);
  ExprPtr call_field(const Syntax& node, AggregateCall call);
  bool check_arguments(const Syntax& node, AggregateCall& call, std::vector<ExprFault>& faults);
  std::shared_ptr<Expr> field(const Syntax& node, int index, Type type, bool nullable) const;
  int first_call() const { return static_cast<int>(keys_.size()) + 2; }

  const record::Schema& input_;
  const std::vector<int>& keys_;
  bool windowed_, updates_;
  Scope scope_;
  std::string_view text_;
  std::vector<AggregateCall> calls_;
  std::vector<std::string> identities_;
};

ExprPtr fail(std::vector<ExprFault>& faults, TextSpan span, std::string code, std::string message, std::string hint) {
  faults.push_back({std::move(code), std::move(message), std::move(hint), span});
  return nullptr;
}

std::string key_names(const record::Schema& input, const std::vector<int>& keys) {
  std::string result;
  for (const int key : keys) result += (result.empty() ? "" : ", ") + input[key].name;
  return result;
}

ExprPtr AggregateNames::name(const Syntax& node, std::vector<ExprFault>& faults) {
  if (node.qualifier.empty() && !node.quoted && (node.name == "window_start" || node.name == "window_end")) {
    return bound(node, faults);
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const record::Field& key = input_[keys_[i]];
    if (node.qualifier.empty() && key.name == node.name) {
      return field(node, static_cast<int>(i), key.type, key.nullable);
    }
  }
  if (!node.qualifier.empty() || !input_.index_of(node.name)) return ScopeNames(scope_, text_).name(node, faults);
  std::string hint = "say which one is meant, e.g. last(" + node.name + ") or max(" + node.name + ")";
  hint += keys_.empty() ? ", or add it to key_by" : ", or add it to key_by (now " + key_names(input_, keys_) + ")";
  return fail(faults, node.name_span, "not_a_key_field", "'" + node.name + "' has many values in a group of rows",
              hint);
}

ExprPtr AggregateNames::bound(const Syntax& node, std::vector<ExprFault>& faults) {
  if (!windowed_) {
    return fail(faults, node.span, "no_window", "`" + node.name + "` needs a window",
                "add e.g. window: {tumbling: 10s}");
  }
  const int index = static_cast<int>(keys_.size()) + (node.name == "window_start" ? 0 : 1);
  return field(node, index, kTimestamp, false);
}

ExprPtr AggregateNames::aggregate(const Syntax& node, const Function& function, std::vector<ExprFault>& faults) {
  AggregateCall call;
  call.function = &function;
  call.distinct = node.distinct;
  call.text = source_text(text_, node.span);
  ScopeNames names(scope_, text_);
  Checker rows(text_, names, faults);
  const std::size_t before = faults.size();
  for (const SyntaxPtr& arg : node.args) call.args.push_back(rows.check(*arg));
  if (node.filter != nullptr) call.filter = rows.condition(*node.filter, "`filter`");
  if (faults.size() != before || !check_arguments(node, call, faults)) return nullptr;
  return call_field(node, std::move(call));
}

bool AggregateNames::check_arguments(const Syntax& node, AggregateCall& call, std::vector<ExprFault>& faults) {
  const std::string name(call.function->name);
  std::vector<Type> types;
  for (const ExprPtr& arg : call.args) types.push_back(arg->type);
  const bool star_missing = name == "count" && node.args.empty() && !node.star;
  const bool star_wrong = node.star && name != "count";
  const auto match = star_missing || star_wrong ? std::nullopt : match_function(*call.function, types);
  if (!match) {
    std::string taken;
    for (const Type& type : types) taken += (taken.empty() ? "" : ", ") + to_string(type);
    const std::string example(call.function->example);
    fail(faults, node.span, "wrong_argument_type", name + " cannot take (" + (node.star ? "*" : taken) + ")",
         name == "count" ? "write count(*) or count(x)" : "write it like " + example);
    return false;
  }
  for (std::size_t i = 0; i < call.args.size(); ++i) call.args[i] = convert(call.args[i], match->parameters[i]);
  if (call.distinct && (name != "count" && name != "sum" && name != "avg" && name != "list")) {
    fail(faults, node.span, "distinct_not_allowed", "distinct makes no sense with " + name, "leave `distinct` out");
    return false;
  }
  if (call.distinct && name != "count") {
    fail(faults, node.span, "distinct_not_allowed", "distinct stands only in count(distinct x)", "");
    return false;
  }
  if (name == "percentile") {
    const auto* share = is_literal(*call.args[1]) ? std::get_if<double>(&call.args[1]->literal) : nullptr;
    if (share == nullptr || *share < 0 || *share > 1) {
      fail(faults, call.args[1]->span, "wrong_argument_type", "the share must be written as a number from 0 to 1",
           "the 99th percentile is percentile(x, 0.99)");
      return false;
    }
  }
  if (updates_ && !takes_rows_back(*call.function)) {
    fail(faults, node.span, "updates_refused",
         name + " cannot take a row back, and these rows come with updates that replace earlier ones",
         "use count, sum, avg, stddev, min or max, or let the aggregate before give its rows once (emit: end)");
    return false;
  }
  call.type = match->result;
  call.nullable = match->signature->nullable;
  return true;
}

void describe(const Expr& expr, std::string& out) {
  out += '(';
  out +=
      std::to_string(static_cast<int>(expr.op)) + ' ' + to_string(expr.type) + ' ' + std::to_string(expr.field) + ' ';
  if (expr.function != nullptr) out += expr.function->name;
  if (expr.op == Expr::Op::kLiteral || expr.op == Expr::Op::kCall) out += expr.text;
  for (const ExprPtr& arg : expr.args) describe(*arg, out);
  out += ')';
}

/// The call's field in the internal row; a call that was made before is not made again.
ExprPtr AggregateNames::call_field(const Syntax& node, AggregateCall call) {
  std::string identity(call.function->name);
  identity += call.distinct ? " distinct " : " ";
  for (const ExprPtr& arg : call.args) describe(*arg, identity);
  identity += " filter ";
  if (call.filter != nullptr) describe(*call.filter, identity);
  const auto at = std::find(identities_.begin(), identities_.end(), identity);
  const int index = first_call() + static_cast<int>(at - identities_.begin());
  auto result = field(node, index, call.type, call.nullable);
  if (at == identities_.end()) {
    identities_.push_back(std::move(identity));
    calls_.push_back(std::move(call));
  }
  return result;
}

std::shared_ptr<Expr> AggregateNames::field(const Syntax& node, int index, Type type, bool nullable) const {
  auto expr = std::make_shared<Expr>();
  expr->op = Expr::Op::kField;
  expr->type = type;
  expr->nullable = nullable;
  expr->field = index;
  expr->span = node.span;
  expr->text = source_text(text_, node.span);
  return expr;
}

AggregateExpressions AggregateNames::finish(const std::vector<NamedText>& outputs,
                                            const std::vector<ExprPtr>& expressions) {
  AggregateExpressions result;
  const int keys = static_cast<int>(keys_.size()), calls = static_cast<int>(calls_.size());
  std::vector<int> map;
  for (int i = 0; i < keys; ++i) map.push_back(i);
  map.insert(map.end(), {keys + calls, keys + calls + 1});
  for (int i = 0; i < calls; ++i) map.push_back(keys + i);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    result.outputs.push_back({outputs[i].name, renumber_fields(expressions[i], map)});
  }
  for (const int key : keys_) result.internal.fields.push_back(input_[key]);
  for (const AggregateCall& call : calls_) result.internal.fields.push_back({call.text, call.type, call.nullable});
  if (windowed_) {
    result.internal.fields.push_back({"window_start", kTimestamp, false});
    result.internal.fields.push_back({"window_end", kTimestamp, false});
  }
  result.calls = std::move(calls_);
  return result;
}

}  // namespace

std::variant<AggregateExpressions, std::vector<NamedFault>> check_aggregates(const std::vector<NamedText>& outputs,
                                                                             const record::Schema& input,
                                                                             const std::vector<int>& keys,
                                                                             bool windowed, bool updates) {
  AggregateNames names(input, keys, windowed, updates);
  std::vector<NamedFault> all;
  std::vector<ExprPtr> expressions;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    std::vector<ExprFault> faults;
    names.set_text(outputs[i].text);
    const SyntaxPtr syntax = parse(outputs[i].text, faults);
    Checker checker(outputs[i].text, names, faults);
    expressions.push_back(syntax == nullptr ? nullptr : checker.check(*syntax));
    for (ExprFault& fault : faults) all.push_back({i, std::move(fault)});
  }
  if (!all.empty()) return all;
  return names.finish(outputs, expressions);
}

}  // namespace penstock::topology
