#include <algorithm>

#include "runtime/expression/kernels.h"
#include "runtime/expression/list_builder.h"
#include "runtime/expression/rowwise.h"
#include "runtime/expression/split.h"

namespace penstock::expression {
namespace {

using record::ListSlice;
using record::Text;
using Int = std::int64_t;

void split(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  Register& target = *instruction.out;
  const Text* lines = instruction.args[0]->in<Text>();
  const Text* separators = instruction.args[1]->in<Text>();
  ListBuilder<Text> pieces(target, machine);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    if (target.column.state == nullptr || target.column.state[k] == kValid) {
      if (separators[k].size() == 1)
        split_at_character(lines[k], separators[k][0], pieces);
      else if (!separators[k].empty())
        split_at_text(lines[k], separators[k], pieces);
      else
        machine.writable_state(target)[k] = kBadArgument;
    }
    pieces.close(k);
  }
  pieces.finish();
}

template <class Cell>
void make_list(const Instruction& instruction, Machine& machine) {
  Register& target = *instruction.out;
  target.column.state = nullptr;
  ListBuilder<Cell> lists(target, machine);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    for (const Register* arg : instruction.args) {
      const std::uint8_t state = arg->state() == nullptr ? kValid : arg->state()[k];
      if (is_error(state)) {  // An element that failed: so has the list.
        std::uint8_t* states = machine.writable_state(target);
        states[k] = std::max(states[k], state);
      }
      lists.push(state == kValid ? arg->template in<Cell>()[k] : Cell{}, state == kValid ? kValid : kNull);
    }
    lists.close(k);
  }
  lists.finish();
}

void length(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const auto* in = instruction.args[0]->in<ListSlice>();
  Int* out = machine.out<Int>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) out[k] = in[k].length;
}

template <class Cell>
void element(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  Register& target = *instruction.out;
  const record::Column& lists = instruction.args[0]->column;
  const Int* positions = instruction.args[1]->in<Int>();
  Cell* out = machine.out<Cell>(target);
  std::uint8_t* state = machine.writable_state(target);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    out[k] = Cell{};
    if (state[k] != kValid) continue;
    const ListSlice slice = lists.cells<ListSlice>()[k];
    const Int position = positions[k] < 0 ? positions[k] + slice.length : positions[k] - 1;
    const bool there = positions[k] != 0 && position >= 0 && position < slice.length;
    const auto cell = static_cast<std::uint32_t>(slice.offset + static_cast<std::uint64_t>(there ? position : 0));
    if (!there || lists.child->is_null(cell))
      state[k] = kNull;
    else
      out[k] = lists.child->cells<Cell>()[cell];
  }
}

template <class Cell>
void contains(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  Register& target = *instruction.out;
  const record::Column& lists = instruction.args[0]->column;
  const Cell* wanted = instruction.args[1]->in<Cell>();
  auto* out = machine.out<std::uint8_t>(target);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    out[k] = 0;
    if (target.column.state != nullptr && target.column.state[k] != kValid) continue;
    const ListSlice slice = lists.cells<ListSlice>()[k];
    for (std::uint32_t i = slice.offset; i < slice.offset + slice.length; ++i) {
      if (!lists.child->is_null(i) && lists.child->cells<Cell>()[i] == wanted[k]) out[k] = 1;
    }
  }
}

template <class Chosen>
void choose_by_element(Instruction& instruction, Chosen&& chosen) {
  with_cell_type(instruction.args[0]->column.type.element, chosen);
}
void choose_element(Instruction& instruction) {
  choose_by_element(instruction, [&]<class Cell>() { instruction.kernel = element<Cell>; });
}
void choose_contains(Instruction& instruction) {
  choose_by_element(instruction, [&]<class Cell>() { instruction.kernel = contains<Cell>; });
}

constexpr KernelEntry kTable[] = {
    {"split", "string, string -> [string] or error", use<split>},
    {"length", "[T] -> int64", use<length>},
    {"element", "[T], int64 -> T?", choose_element},
    {"contains", "[T], T -> bool", choose_contains},
};

}  // namespace

std::span<const KernelEntry> list_kernels() { return kTable; }

void choose_list(Instruction& instruction) {
  with_cell_type(instruction.out->column.type.element, [&]<class Cell>() { instruction.kernel = make_list<Cell>; });
}

}  // namespace penstock::expression
