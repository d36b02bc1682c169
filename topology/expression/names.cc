#include "topology/expression/checker.h"

namespace penstock::topology {
namespace {

std::string qualified(const ScopeEntry& entry) {
  return entry.qualifier.empty() ? entry.name : entry.qualifier + "." + entry.name;
}

std::string hint_for(const Syntax& node, const Scope& scope) {
  std::vector<std::string> candidates;
  for (const ScopeEntry& entry : scope.entries) {
    candidates.push_back(entry.name);
    if (!entry.qualifier.empty()) candidates.push_back(qualified(entry));
  }
  const std::string written = node.qualifier.empty() ? node.name : node.qualifier + "." + node.name;
  const auto nearest = nearest_names(written, candidates);
  const std::string as_text = "a text is written in single quotes: '" + node.name + "'";
  if (!nearest.empty()) return "did you mean '" + nearest[0] + "'?" + (node.quoted ? " " + as_text : "");
  if (node.quoted || scope.entries.empty()) return as_text;
  return node.qualifier.empty() ? as_text + "; the fields are " + known_names(scope)
                                : "the fields are " + known_names(scope);
}

}  // namespace

Scope Scope::of(const record::Schema& schema, const std::string& qualifier) {
  Scope scope;
  scope.append(schema, qualifier);
  return scope;
}

void Scope::append(const record::Schema& schema, const std::string& qualifier) {
  for (const record::Field& field : schema.fields)
    entries.push_back({qualifier, field.name, field.type, field.nullable});
}

std::string known_names(const Scope& scope) {
  constexpr std::size_t kMost = 12;
  std::string result;
  for (std::size_t i = 0; i < scope.entries.size() && i < kMost; ++i) {
    result += (i == 0 ? "" : ", ") + qualified(scope.entries[i]);
  }
  return scope.entries.size() > kMost ? result + ", ..." : result;
}

ExprPtr ScopeNames::name(const Syntax& node, std::vector<ExprFault>& faults) {
  std::vector<int> found;
  for (std::size_t i = 0; i < scope_.entries.size(); ++i) {
    const ScopeEntry& entry = scope_.entries[i];
    if (entry.name == node.name && (node.qualifier.empty() || entry.qualifier == node.qualifier)) {
      found.push_back(static_cast<int>(i));
    }
    if (node.qualifier.empty() && entry.qualifier.empty() && entry.name == node.name) break;  // The input's own field.
  }
  if (node.qualifier.empty() && !found.empty()) {
    const auto last = static_cast<std::size_t>(found.back());
    if (scope_.entries[last].qualifier.empty()) found = {found.back()};
  }
  const std::string written = (node.qualifier.empty() ? "" : node.qualifier + ".") + node.name;
  if (found.empty()) {
    faults.push_back({"unknown_field", "there is no field '" + written + "'", hint_for(node, scope_), node.name_span});
    return nullptr;
  }
  if (found.size() > 1) {
    const ScopeEntry& first = scope_.entries[static_cast<std::size_t>(found[0])];
    const ScopeEntry& second = scope_.entries[static_cast<std::size_t>(found[1])];
    faults.push_back({"ambiguous_field", "'" + written + "' could be " + qualified(first) + " or " + qualified(second),
                      "write " + (second.qualifier.empty() ? qualified(first) : qualified(second)), node.name_span});
    return nullptr;
  }
  const ScopeEntry& entry = scope_.entries[static_cast<std::size_t>(found[0])];
  auto expr = std::make_shared<Expr>();
  expr->op = Expr::Op::kField;
  expr->type = entry.type;
  expr->nullable = entry.nullable;
  expr->field = found[0];
  expr->span = node.span;
  expr->text = source_text(text_, node.name_span);
  return expr;
}

ExprPtr ScopeNames::aggregate(const Syntax& node, const Function& function, std::vector<ExprFault>& faults) {
  const std::string name(function.name);
  faults.push_back({"aggregate_not_allowed", "'" + name + "' sees many rows, but here is only one",
                    "aggregates stand in `aggregate: {n: " + source_text(text_, node.span) + "}`" +
                        (name == "min"   ? "; the least of several values is least(a, b)"
                         : name == "max" ? "; the greatest of several values is greatest(a, b)"
                                         : ""),
                    node.span});
  return nullptr;
}

Checked<ExprPtr> check_expression(std::string_view text, const Scope& scope, std::optional<record::Type> expected) {
  std::vector<ExprFault> faults;
  const SyntaxPtr syntax = parse(text, faults);
  if (syntax == nullptr) return faults;
  ScopeNames names(scope, text);
  Checker checker(text, names, faults);
  ExprPtr result = checker.check(*syntax);
  if (expected) result = checker.expect(std::move(result), *expected);
  if (!faults.empty() || result == nullptr) return faults;
  return result;
}

}  // namespace penstock::topology
