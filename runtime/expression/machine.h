/// What a compiled program is made of: registers that hold a column each, and instructions that fill them. Kernels see
/// nothing else. THREAD: one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "runtime/record/column_buffer.h"
#include "topology/expression/expression.h"

namespace penstock::expression {

/// States of a cell (record::CellState), as plain numbers. From kOverflow on: why it has no value; the codes users see
/// are in fault_code(). The larger wins where a strict function meets two.
constexpr std::uint8_t kValid = record::kValid, kNull = record::kNull;
constexpr std::uint8_t kOverflow = record::kFirstError, kDivisionByZero = kOverflow + 1, kBadCast = kOverflow + 2,
                       kParseFailed = kOverflow + 3, kOutOfRange = kOverflow + 4, kBadArgument = kOverflow + 5;
std::string_view fault_code(std::uint8_t state);
inline bool is_error(std::uint8_t state) { return state >= record::kFirstError; }

/// One column of the program. `column` is what readers see this run: borrowed from the input, or the memory below.
struct Register {
  record::Column column;
  bool constant = false;              ///< Every cell is the same; cell 0 is always there.
  int maker = -1;                     ///< Index of the instruction that fills it; -1: an input field or a constant.
  std::vector<std::uint64_t> memory;  ///< Cells, 8-aligned.
  std::vector<std::uint8_t> states;
  record::Column elements;  ///< Lists: what column.child points to.
  std::vector<std::uint64_t> element_memory;
  std::vector<std::uint8_t> element_states;

  template <class Cell>
  const Cell* in() const {
    return column.cells<Cell>();
  }
  const std::uint8_t* state() const { return column.state; }
};

class Machine {
 public:
  std::uint32_t count = 0;  ///< Rows of this run.
  base::Micros now = 0;
  record::TextArena arena;  ///< New text of this run.

  /// Room for `count` cells in the register's own memory, which becomes its column.
  template <class Cell>
  Cell* out(Register& target) const {
    const std::size_t words = (std::size_t{count} * sizeof(Cell) + 7) / 8 + 1;
    if (target.memory.size() < words) target.memory.resize(words);
    target.column.data = target.memory.data();
    return reinterpret_cast<Cell*>(target.memory.data());
  }
  /// States of the register's own, to be filled by the caller.
  std::uint8_t* out_state(Register& target) const {
    if (target.states.size() < count) target.states.resize(count);
    target.column.state = target.states.data();
    return target.states.data();
  }
  /// Own states, starting as a copy of what the column has so far (all valid if it has none).
  std::uint8_t* writable_state(Register& target) const {
    const std::uint8_t* before = target.column.state;
    std::uint8_t* states = out_state(target);
    if (before == nullptr)
      std::memset(states, kValid, count);
    else if (before != states)
      std::memcpy(states, before, count);
    return states;
  }
};

/// Whatever a kernel prepared at compile time: a pattern, a divisor, a path.
struct Prepared {
  virtual ~Prepared() = default;
};

struct Instruction {
  using Kernel = void (*)(const Instruction&, Machine&);
  Kernel kernel = nullptr;
  Register* out = nullptr;
  std::vector<Register*> args;
  std::unique_ptr<Prepared> prepared;
  topology::ExprPtr expr;  ///< For messages about failing rows.
  bool per_run = false;    ///< Depends on the run though no field is read: now().

  template <class T>
  const T& as() const {
    return static_cast<const T&>(*prepared);
  }
};

/// Sets the state of `out` to the combination of its arguments': the highest per row, nullptr when all are valid.
void combine_states(const Instruction& instruction, Machine& machine);

}  // namespace penstock::expression
