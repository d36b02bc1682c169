#include <algorithm>

#include "runtime/expression/machine.h"

namespace penstock::expression {

std::string_view fault_code(std::uint8_t state) {
  switch (state) {
    case kOverflow:
      return "overflow";
    case kDivisionByZero:
      return "division_by_zero";
    case kBadCast:
      return "bad_cast";
    case kParseFailed:
      return "parse_failed";
    case kOutOfRange:
      return "out_of_range";
    default:
      return "bad_argument";
  }
}

void combine_states(const Instruction& instruction, Machine& machine) {
  Register& out = *instruction.out;
  out.column.state = nullptr;
  for (const Register* arg : instruction.args) {
    const std::uint8_t* state = arg->column.state;
    if (state == nullptr || state == out.column.state) continue;
    if (out.column.state == nullptr) {
      out.column.state = state;  // Borrowed until a second one comes.
      continue;
    }
    std::uint8_t* own = machine.writable_state(out);
    for (std::uint32_t k = 0; k < machine.count; ++k) own[k] = std::max(own[k], state[k]);
  }
}

}  // namespace penstock::expression
