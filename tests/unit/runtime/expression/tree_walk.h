/// An independent evaluator for tests: walks the tree of one expression for one row, the slow and obvious way. Shares
/// no code with the kernels.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/record/rows.h"
#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

namespace penstock::expression {

struct Value {
  enum class State { kGood, kNothing, kBad };
  State state = State::kNothing;
  std::variant<bool, std::int64_t, double, std::string, std::vector<Value>> data;

  bool valid() const { return state == State::kGood; }
  bool failed() const { return state == State::kBad; }
  template <class T>
  const T& as() const {
    return std::get<T>(data);
  }
};

using Row = std::vector<Value>;

Value evaluate(const topology::Expr& expr, const Row& row);
Value call_function(const topology::Expr& expr, const std::vector<Value>& args);
Value cast_value(const Value& value, record::Type from, record::Type to);

inline Value failure() { return {Value::State::kBad, false}; }
inline Value null_value() { return {}; }
template <class T>
Value value_of(T data) {
  return {Value::State::kGood, std::move(data)};
}

}  // namespace penstock::expression
