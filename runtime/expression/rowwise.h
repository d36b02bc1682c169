/// Makes a kernel from a function on single cells: `std::uint8_t f(Call&, Out&, A, B ...)` returns kValid, kNull or a
/// Fault. Rows with a null or failed argument are passed over, so the function never sees unspecified cells.
#pragma once

#include <tuple>
#include <utility>

#include "runtime/expression/machine.h"

namespace penstock::expression {

struct Call {  ///< What a cell function may use beside its arguments.
  const Instruction& instruction;
  Machine& machine;
  record::TextArena& arena() const { return machine.arena; }
};

template <auto F>
struct Rowwise;

template <class Out, class... In, std::uint8_t (*F)(Call&, Out&, In...)>
struct Rowwise<F> {
  static void run(const Instruction& instruction, Machine& machine) {
    each(instruction, machine, std::index_sequence_for<In...>());
  }

 private:
  template <std::size_t... I>
  static void each(const Instruction& instruction, Machine& machine, std::index_sequence<I...>) {
    combine_states(instruction, machine);
    Register& target = *instruction.out;
    const std::uint8_t* before = target.column.state;
    std::uint8_t* state = before == nullptr ? nullptr : machine.writable_state(target);
    Out* out = machine.out<Out>(target);
    Call call{instruction, machine};
    const std::tuple<const std::remove_cvref_t<In>*...> in{
        instruction.args[I]->template in<std::remove_cvref_t<In>>()...};
    for (std::uint32_t k = 0; k < machine.count; ++k) {
      out[k] = Out{};
      if (state != nullptr && state[k] != kValid) continue;
      const std::uint8_t result = F(call, out[k], std::get<I>(in)[k]...);
      if (result == kValid) continue;
      if (state == nullptr) state = machine.writable_state(target);
      state[k] = result;
    }
  }
};

}  // namespace penstock::expression
