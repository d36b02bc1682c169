/// A compiled program: registers, the instructions that fill them in order, and which of them are the outputs.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/expression/machine.h"
#include "runtime/expression/program.h"

namespace penstock::expression {

/// A register that reads a field of the input.
struct InputField {
  int field = 0;
  Register* target = nullptr;
};

/// A register whose cells are all the same. Filled anew only when a run is longer than any before.
struct Constant {
  Register* target = nullptr;
  std::uint64_t cell[2] = {0, 0};  ///< The bytes of one cell.
  std::uint8_t state = kValid;
};

struct Code {
  std::deque<Register> registers;  ///< Addresses are stable.
  std::vector<Instruction> instructions;
  std::vector<InputField> inputs;
  std::vector<Constant> constants;
  std::vector<Register*> outputs;
  std::vector<topology::ExprPtr> expressions;  ///< Keeps the literals alive that constants point into.
  record::TextArena constant_text;
  std::uint32_t capacity = 0;  ///< Rows for which the constants are filled.

  void fill_constants(std::uint32_t rows);
};

std::size_t cell_bytes(record::Kind kind);

/// Equal sub-expressions share a register; what depends on no field is computed here, once.
base::Result<std::unique_ptr<Code>> compile_code(std::span<const topology::ExprPtr> outputs);

/// The message for `row`, whose cell of `output` failed: names the sub-expression where it began, and its values.
RowFault describe_fault(const Code& code, const Register& output, std::uint32_t row);

}  // namespace penstock::expression
