#include "topology/expression/overload.h"

#include <map>

namespace penstock::topology {
namespace {

using record::Kind;
using record::Type;

const TypePattern& parameter_at(const Signature& signature, std::size_t i) {
  return signature.parameters[i < signature.parameters.size() ? i : signature.parameters.size() - 1];
}

Type resolve(const TypePattern& pattern, const std::map<char, Type>& bound) {
  if (pattern.variable == '\0') return pattern.type;
  const auto at = bound.find(pattern.variable);
  const Type type = at == bound.end() ? Type{} : at->second;
  return pattern.is_list() ? Type{Kind::kList, type.kind} : type;
}

/// Binds a type variable to an argument's type. False: it is bound to another one, or cannot be.
bool bind(const TypePattern& pattern, Type argument, std::map<char, Type>& bound) {
  if (argument.kind == Kind::kNull || pattern.variable == '*') return true;
  if ((argument.kind == Kind::kList) != pattern.is_list()) return false;
  const Type type = pattern.is_list() ? Type{argument.element, Kind::kNull} : argument;
  const auto [at, fresh] = bound.emplace(pattern.variable, type);
  if (fresh) return true;
  const auto common = unify(at->second, type);
  if (!common || (pattern.is_list() && *common != type)) return false;
  at->second = *common;
  return true;
}

}  // namespace

bool takes_count(const Signature& signature, std::size_t arguments) {
  return signature.variadic ? arguments >= signature.parameters.size() : arguments == signature.parameters.size();
}

std::optional<Type> unify(Type a, Type b) {
  if (a == b || b.kind == Kind::kNull) return a;
  if (a.kind == Kind::kNull) return b;
  const bool numbers =
      (a.kind == Kind::kInt64 || a.kind == Kind::kFloat64) && (b.kind == Kind::kInt64 || b.kind == Kind::kFloat64);
  if (numbers) return Type{Kind::kFloat64, Kind::kNull};
  if (a.kind == Kind::kList && b.kind == Kind::kList && a.element == Kind::kNull) return b;
  if (a.kind == Kind::kList && b.kind == Kind::kList && b.element == Kind::kNull) return a;
  return std::nullopt;
}

std::optional<SignatureMatch> match_signature(const Signature& signature, const std::vector<Type>& arguments) {
  if (!takes_count(signature, arguments.size())) return std::nullopt;
  std::map<char, Type> bound;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const TypePattern& pattern = parameter_at(signature, i);
    if (pattern.variable != '\0' && !bind(pattern, arguments[i], bound)) return std::nullopt;
  }
  SignatureMatch match{&signature, {}, resolve(signature.result, bound), 0};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const TypePattern& pattern = parameter_at(signature, i);
    const Type wanted = pattern.variable == '*' ? arguments[i] : resolve(pattern, bound);
    match.parameters.push_back(wanted);
    if (arguments[i] == wanted || arguments[i].kind == Kind::kNull) continue;
    if (arguments[i].kind == Kind::kList && wanted.kind == Kind::kList && arguments[i].element == Kind::kNull) continue;
    if (arguments[i].kind != Kind::kInt64 || wanted.kind != Kind::kFloat64) return std::nullopt;
    ++match.conversions;
  }
  return match;
}

std::optional<SignatureMatch> match_function(const Function& function, const std::vector<Type>& arguments) {
  std::optional<SignatureMatch> best;
  for (const Signature& signature : function.signatures) {
    auto match = match_signature(signature, arguments);
    if (match && (!best || match->conversions < best->conversions)) best = std::move(match);
  }
  return best;
}

}  // namespace penstock::topology
