#include <algorithm>

#include "runtime/expression/cell_text.h"
#include "runtime/expression/code.h"
#include "runtime/expression/unicode.h"

namespace penstock::expression {
namespace {

std::uint8_t state_at(const Register& place, std::uint32_t row) {
  return place.column.state == nullptr ? kValid : place.column.state[row];
}

/// Down to the instruction whose arguments are still well.
const Instruction* where_it_began(const Code& code, const Register& failed, std::uint32_t row) {
  const Instruction* origin = nullptr;
  const Register* at = &failed;
  while (at != nullptr && at->maker >= 0) {
    origin = &code.instructions[static_cast<std::size_t>(at->maker)];
    const Register* deeper = nullptr;
    for (const Register* arg : origin->args) {
      if (deeper == nullptr && arg->maker >= 0 && state_at(*arg, row) == state_at(*at, row)) deeper = arg;
    }
    at = deeper;
  }
  return origin;
}

std::string shown(const record::Column& column, std::uint32_t row) {
  constexpr std::size_t kMost = 60;
  std::string text = cell_text(column, row);
  if (text.size() > kMost) {
    text.resize(bytes_of(text.substr(0, kMost), kMost - 4));
    text += "...";
  }
  return column.type.kind == record::Kind::kString && !column.is_null(row) ? "'" + text + "'" : text;
}

std::string what_happened(std::uint8_t state, const Instruction& origin) {
  switch (state) {
    case kOverflow:
      return " overflows";
    case kDivisionByZero:
      return " divides by zero";
    case kBadCast:
      return " is no " + to_string(origin.out->column.type);
    case kParseFailed:
      return " cannot be read";
    case kOutOfRange:
      return origin.out->column.type.kind == record::Kind::kTimestamp ? " is outside the years 1900 to 2200"
                                                                      : " is out of range";
    default:
      return " has an argument that makes no sense";
  }
}

}  // namespace

RowFault describe_fault(const Code& code, const Register& output, std::uint32_t row) {
  const std::uint8_t state = state_at(output, row);
  RowFault fault{row, fault_code(state), ""};
  const Instruction* origin = where_it_began(code, output, row);
  if (origin == nullptr) return fault;
  fault.message = "'" + origin->expr->text + "'" + what_happened(state, *origin);
  std::string values;
  for (std::size_t i = 0; i < origin->args.size() && i < origin->expr->args.size(); ++i) {
    if (origin->args[i]->constant) continue;
    values += (values.empty() ? "" : ", ") + origin->expr->args[i]->text + " = " + shown(origin->args[i]->column, row);
  }
  if (!values.empty()) fault.message += " where " + values;
  return fault;
}

}  // namespace penstock::expression
