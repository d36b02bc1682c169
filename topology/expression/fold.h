/// Constant folding of operators, casts and logic over literals. Functions with kernels of their own (text, regular
/// expressions ...) are not folded here; the program computes them once instead.
#pragma once

#include <optional>
#include <string>

#include "topology/expression/expression.h"

namespace penstock::topology {

struct Folded {
  Scalar value;
  std::string fault;  ///< A code ("overflow", "division_by_zero", "bad_cast"), empty when it worked.
};

/// nullopt: not constant, or not of a kind that is folded.
std::optional<Folded> fold(const Expr& expr);
/// A scalar as cast(x as string) gives it; null is `null`.
std::string scalar_text(const Scalar& value, record::Type type);
/// cast(value as to). The fault is `bad_cast`.
Folded fold_cast(const Scalar& value, record::Type from, record::Type to);
/// True when cast(x as to) exists at all.
bool castable(record::Type from, record::Type to);

}  // namespace penstock::topology
