/// The parameters of one node as the loader leaves them: checked against the node's field table, quantities resolved,
/// expressions typed. Factories of sources, operators, sinks and formats read them and need not check again what the
/// field table says (required fields are there, types are right).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "topology/expression/expression.h"

namespace penstock::topology {

class Params;
using NamedExprs = std::vector<std::pair<std::string, ExprPtr>>;

/// Durations are int64 microseconds, sizes int64 bytes, rates double per second.
using ParamValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, ExprPtr, NamedExprs,
                                std::shared_ptr<const AggregateExpressions>, std::shared_ptr<const Params>>;

class Params {
 public:
  void set(std::string name, ParamValue value) { values_.insert_or_assign(std::move(name), std::move(value)); }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  /// The value, or `otherwise` when it was not given. A value of another type is a programming error (CHECK).
  template <class T>
  T get(std::string_view name, T otherwise = {}) const {
    const auto at = values_.find(name);
    return at == values_.end() ? std::move(otherwise) : std::get<T>(at->second);
  }
  bool flag(std::string_view name, bool otherwise = false) const { return get<bool>(name, otherwise); }
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const { return get(name, otherwise); }
  double number(std::string_view name, double otherwise = 0) const { return get(name, otherwise); }
  std::string text(std::string_view name, std::string otherwise = {}) const { return get(name, std::move(otherwise)); }
  ExprPtr expression(std::string_view name) const { return get<ExprPtr>(name); }
  const std::map<std::string, ParamValue, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, ParamValue, std::less<>> values_;
};

}  // namespace penstock::topology
