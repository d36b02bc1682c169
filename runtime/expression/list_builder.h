/// Fills a list register: elements one by one, lists by closing them. Keeps its memory from run to run.
#pragma once

#include "runtime/expression/machine.h"

namespace penstock::expression {

template <class Cell>
class ListBuilder {
 public:
  ListBuilder(Register& target, Machine& machine) : target_(target), slices_(machine.out<record::ListSlice>(target)) {}

  void push(const Cell& cell, std::uint8_t state = kValid) {
    const std::size_t words = ((std::size_t{size_} + 1) * sizeof(Cell) + 7) / 8;
    if (target_.element_memory.size() < words) target_.element_memory.resize(words * 2 + 64);
    reinterpret_cast<Cell*>(target_.element_memory.data())[size_] = cell;
    if (state != kValid && !has_states_) begin_states();
    if (has_states_) push_state(state);
    ++size_;
  }
  void push_slice(const record::Column& from, record::ListSlice slice) {
    for (std::uint32_t i = slice.offset; i < slice.offset + slice.length; ++i) {
      const std::uint8_t state = from.child->state == nullptr ? kValid : from.child->state[i];
      push(state == kValid ? from.child->cells<Cell>()[i] : Cell{}, state);
    }
  }
  void close(std::uint32_t row) {  ///< What was pushed since the last call is the list of this row.
    slices_[row] = {begin_, size_ - begin_};
    begin_ = size_;
  }
  void finish() {
    target_.elements.type = {target_.column.type.element, record::Kind::kNull};
    target_.elements.data = target_.element_memory.data();
    target_.elements.state = has_states_ ? target_.element_states.data() : nullptr;
    target_.column.child = &target_.elements;
  }

 private:
  void begin_states() {
    has_states_ = true;
    target_.element_states.assign(size_, kValid);
  }
  void push_state(std::uint8_t state) { target_.element_states.push_back(state); }

  Register& target_;
  record::ListSlice* slices_;
  std::uint32_t size_ = 0;
  std::uint32_t begin_ = 0;
  bool has_states_ = false;
};

/// Calls `act.template operator()<Cell>()` for the cell type of `kind`.
template <class Act>
void with_cell_type(record::Kind kind, Act&& act) {
  if (kind == record::Kind::kBool)
    act.template operator()<std::uint8_t>();
  else if (kind == record::Kind::kFloat64)
    act.template operator()<double>();
  else if (record::is_text(kind))
    act.template operator()<record::Text>();
  else
    act.template operator()<std::int64_t>();
}

}  // namespace penstock::expression
