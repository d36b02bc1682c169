#include <algorithm>

#include "runtime/expression/kernels.h"
#include "runtime/expression/list_builder.h"

// x in (a, b) is x = a or x = b.

namespace penstock::expression {
namespace {

template <class Cell>
void in_valid(const Instruction& instruction, Machine& machine, std::uint8_t* out) {
  const Cell* x = instruction.args[0]->in<Cell>();
  for (std::size_t i = 1; i < instruction.args.size(); ++i) {
    const Register& element = *instruction.args[i];
    const Cell* e = element.in<Cell>();
    if (element.constant) {
      const Cell wanted = *e;
      for (std::uint32_t k = 0; k < machine.count; ++k) out[k] |= x[k] == wanted;
    } else {
      for (std::uint32_t k = 0; k < machine.count; ++k) out[k] |= x[k] == e[k];
    }
  }
}

template <class Cell>
void in_with_states(const Instruction& instruction, Machine& machine, std::uint8_t* out) {
  std::uint8_t* states = machine.out_state(*instruction.out);
  std::memset(states, kValid, machine.count);
  const Register& x = *instruction.args[0];
  for (std::size_t i = 1; i < instruction.args.size(); ++i) {
    const Register& element = *instruction.args[i];
    for (std::uint32_t k = 0; k < machine.count; ++k) {
      const std::uint8_t of_x = x.state() == nullptr ? kValid : x.state()[k];
      const std::uint8_t of_element = element.state() == nullptr ? kValid : element.state()[k];
      const std::uint8_t state = std::max(of_x, of_element);
      if (state != kValid)
        states[k] = std::max(states[k], state);
      else if (x.in<Cell>()[k] == element.in<Cell>()[k])
        out[k] = 1;
    }
  }
  for (std::uint32_t k = 0; k < machine.count; ++k) states[k] = out[k] != 0 ? kValid : states[k];
}

template <class Cell>
void in(const Instruction& instruction, Machine& machine) {
  instruction.out->column.state = nullptr;
  std::uint8_t* out = machine.out<std::uint8_t>(*instruction.out);
  std::memset(out, 0, machine.count);
  const bool states = std::any_of(instruction.args.begin(), instruction.args.end(),
                                  [](const Register* arg) { return arg->state() != nullptr; });
  states ? in_with_states<Cell>(instruction, machine, out) : in_valid<Cell>(instruction, machine, out);
}

}  // namespace

void choose_in(Instruction& instruction) {
  with_cell_type(instruction.args[0]->column.type.kind, [&]<class Cell>() { instruction.kernel = in<Cell>; });
}

}  // namespace penstock::expression
