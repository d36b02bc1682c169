/// Arithmetic over runs with one branch per run: an operation computes every cell, OR-ing together a sign that
/// something may have gone wrong; only then a second, slow pass looks at single rows.
#pragma once

#include "runtime/base/target_clones.h"
#include "runtime/expression/machine.h"

namespace penstock::expression {

/// Second pass: `Op::fault(a, b)` per valid row.
template <class Op, class Cell>
void mark_faults(const Instruction& instruction, Machine& machine, const Cell* a, const Cell* b, std::size_t step_a,
                 std::size_t step_b) {
  std::uint8_t* state = machine.writable_state(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    if (state[k] == kValid) state[k] = Op::fault(a[k * step_a], b[k * step_b]);
  }
}

/// Binary kernel. `Op::run(a, b, out, n)` has an overload for each of column-column, column-constant, constant-column
/// and returns whether to look closer.
template <class Op>
void checked_binary(const Instruction& instruction, Machine& machine) {
  using Cell = typename Op::Cell;
  combine_states(instruction, machine);
  const Register &left = *instruction.args[0], &right = *instruction.args[1];
  const auto* a = left.in<Cell>();
  const auto* b = right.in<Cell>();
  auto* out = machine.out<typename Op::Out>(*instruction.out);
  bool suspicious = false;
  if (right.constant)
    suspicious = Op::column_constant(a, *b, out, machine.count);
  else if (left.constant)
    suspicious = Op::constant_column(*a, b, out, machine.count);
  else
    suspicious = Op::columns(a, b, out, machine.count);
  if (suspicious) mark_faults<Op>(instruction, machine, a, b, left.constant ? 0 : 1, right.constant ? 0 : 1);
}

/// The three loops of an operation whose single step is `Derived::step(a, b, flag)`, with `flag` an OR-ed int64 whose
/// meaning `Derived::bad(flag)` knows.
template <class Derived, class CellType, class OutType = CellType, class FlagType = std::int64_t>
struct Loops {
  using Cell = CellType;
  using Out = OutType;
  PENSTOCK_TARGET_CLONES static bool columns(const Cell* __restrict a, const Cell* __restrict b, Out* __restrict out,
                                             std::uint32_t n) {
    FlagType flag{};
    for (std::uint32_t k = 0; k < n; ++k) out[k] = Derived::step(a[k], b[k], flag);
    return Derived::bad(flag);
  }
  PENSTOCK_TARGET_CLONES static bool column_constant(const Cell* __restrict a, const Cell b, Out* __restrict out,
                                                     std::uint32_t n) {
    FlagType flag{};
    for (std::uint32_t k = 0; k < n; ++k) out[k] = Derived::step(a[k], b, flag);
    return Derived::bad(flag);
  }
  PENSTOCK_TARGET_CLONES static bool constant_column(const Cell a, const Cell* __restrict b, Out* __restrict out,
                                                     std::uint32_t n) {
    FlagType flag{};
    for (std::uint32_t k = 0; k < n; ++k) out[k] = Derived::step(a, b[k], flag);
    return Derived::bad(flag);
  }
};

}  // namespace penstock::expression
