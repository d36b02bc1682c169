#include <algorithm>

#include "runtime/expression/kernels.h"

// Three-valued logic. A failed side counts only where it decides: `x <> 0 and 10 / x > 1` is false where x is 0.

namespace penstock::expression {
namespace {

bool all_valid(const Instruction& instruction) {
  return std::all_of(instruction.args.begin(), instruction.args.end(),
                     [](const Register* arg) { return arg->state() == nullptr; });
}

/// kWinner: the value that decides alone, true for `or`, false for `and`.
template <std::uint8_t kWinner>
void logic_of_valid(const Instruction& instruction, Machine& machine) {
  std::uint8_t* out = machine.out<std::uint8_t>(*instruction.out);
  std::memcpy(out, instruction.args[0]->column.data, machine.count);
  for (std::size_t i = 1; i < instruction.args.size(); ++i) {
    const std::uint8_t* in = instruction.args[i]->in<std::uint8_t>();
    for (std::uint32_t k = 0; k < machine.count; ++k) out[k] = kWinner != 0 ? out[k] | in[k] : out[k] & in[k];
  }
}

template <std::uint8_t kWinner>
void logic(const Instruction& instruction, Machine& machine) {
  instruction.out->column.state = nullptr;
  if (all_valid(instruction)) return logic_of_valid<kWinner>(instruction, machine);
  std::uint8_t* out = machine.out<std::uint8_t>(*instruction.out);
  std::uint8_t* states = machine.out_state(*instruction.out);
  std::memset(out, 1 - kWinner, machine.count);
  std::memset(states, kValid, machine.count);
  for (const Register* arg : instruction.args) {
    const std::uint8_t* in = arg->in<std::uint8_t>();
    const std::uint8_t* state = arg->state();
    for (std::uint32_t k = 0; k < machine.count; ++k) {
      const std::uint8_t mine = state == nullptr ? kValid : state[k];
      const bool decided = states[k] == kValid && out[k] == kWinner;
      const bool decides = mine == kValid && in[k] == kWinner;
      out[k] = decided || decides ? kWinner : 1 - kWinner;
      states[k] = decided || decides ? kValid : std::max(states[k], mine);
    }
  }
}

void negate(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const std::uint8_t* in = instruction.args[0]->in<std::uint8_t>();
  std::uint8_t* out = machine.out<std::uint8_t>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) out[k] = in[k] ^ 1;
}

template <bool kWanted>
void null_test(const Instruction& instruction, Machine& machine) {
  Register& target = *instruction.out;
  target.column.state = nullptr;
  std::uint8_t* out = machine.out<std::uint8_t>(target);
  const std::uint8_t* state = instruction.args[0]->state();
  if (state == nullptr) {
    std::memset(out, kWanted ? 0 : 1, machine.count);
    return;
  }
  bool failed = false;
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    out[k] = (state[k] == kNull) == kWanted;
    failed |= is_error(state[k]);
  }
  if (!failed) return;
  std::uint8_t* states = machine.out_state(target);
  for (std::uint32_t k = 0; k < machine.count; ++k) states[k] = is_error(state[k]) ? state[k] : kValid;
}

}  // namespace

void choose_logic(Instruction& instruction) {
  using Op = topology::Expr::Op;
  switch (instruction.expr->op) {
    case Op::kAnd:
      instruction.kernel = logic<0>;
      break;
    case Op::kOr:
      instruction.kernel = logic<1>;
      break;
    case Op::kNot:
      instruction.kernel = negate;
      break;
    case Op::kIsNull:
      instruction.kernel = null_test<true>;
      break;
    default:
      instruction.kernel = null_test<false>;
      break;
  }
}

}  // namespace penstock::expression
