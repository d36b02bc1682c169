#include "runtime/expression/kernels.h"
#include "runtime/expression/list_builder.h"

// case and coalesce: first which argument each row takes, then the cells.

namespace penstock::expression {
namespace {

using Pick = std::uint16_t;
constexpr Pick kFailed = 0xFFFF;

struct Picks final : Prepared {
  std::vector<Pick> rows;            ///< Per row: index of the argument taken.
  std::vector<std::uint8_t> failed;  ///< Where the pick is kFailed: the fault of the condition.
  void fit(std::uint32_t count) {
    if (rows.size() < count) rows.resize(count);
    if (failed.size() < count) failed.resize(count);
  }
};

/// Last condition first, so that an earlier one has the last word.
bool pick_case(const Instruction& instruction, const Machine& machine, Picks& picks) {
  bool any_failed = false;
  const auto last = static_cast<Pick>(instruction.args.size() - 1);
  for (std::uint32_t k = 0; k < machine.count; ++k) picks.rows[k] = last;
  for (int i = last - 2; i >= 0; i -= 2) {
    const Register& condition = *instruction.args[static_cast<std::size_t>(i)];
    const std::uint8_t* holds = condition.in<std::uint8_t>();
    const std::uint8_t* state = condition.state();
    const auto value = static_cast<Pick>(i + 1);
    for (std::uint32_t k = 0; k < machine.count; ++k) {
      if (state != nullptr && is_error(state[k])) {
        picks.rows[k] = kFailed;
        picks.failed[k] = state[k];
        any_failed = true;
      } else if (holds[k] != 0 && (state == nullptr || state[k] == kValid)) {
        picks.rows[k] = value;
      }
    }
  }
  return any_failed;
}

bool pick_first(const Instruction& instruction, const Machine& machine, Picks& picks) {
  const auto last = static_cast<Pick>(instruction.args.size() - 1);
  for (std::uint32_t k = 0; k < machine.count; ++k) picks.rows[k] = last;
  for (int i = last - 1; i >= 0; --i) {
    const std::uint8_t* state = instruction.args[static_cast<std::size_t>(i)]->state();
    for (std::uint32_t k = 0; k < machine.count; ++k) {
      if (state == nullptr || state[k] != kNull) picks.rows[k] = static_cast<Pick>(i);
    }
  }
  return false;
}

void pick_states(const Instruction& instruction, Machine& machine, const Picks& picks, bool any_failed) {
  Register& target = *instruction.out;
  target.column.state = nullptr;
  bool states = any_failed;
  for (const Register* arg : instruction.args) states = states || arg->state() != nullptr;
  if (!states) return;
  std::uint8_t* out = machine.out_state(target);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    const Pick pick = picks.rows[k];
    const std::uint8_t* state = pick == kFailed ? picks.failed.data() : instruction.args[pick]->state();
    out[k] = state == nullptr ? kValid : state[k];
  }
}

template <class Cell>
void pick_cells(const Instruction& instruction, Machine& machine, const Picks& picks) {
  Cell* out = machine.out<Cell>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    const Pick pick = picks.rows[k] == kFailed ? Pick{0} : picks.rows[k];
    const Register& from = *instruction.args[pick];
    const bool usable = picks.rows[k] != kFailed && (from.state() == nullptr || from.state()[k] == kValid);
    out[k] = usable ? from.in<Cell>()[k] : Cell{};
  }
}

template <class Cell>
void pick_lists(const Instruction& instruction, Machine& machine, const Picks& picks) {
  ListBuilder<Cell> lists(*instruction.out, machine);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    const Pick pick = picks.rows[k];
    if (pick != kFailed && !instruction.args[pick]->column.is_null(k)) {
      const Register& from = *instruction.args[pick];
      lists.push_slice(from.column, from.in<record::ListSlice>()[k]);
    }
    lists.close(k);
  }
  lists.finish();
}

template <auto PickRows>
void choice(const Instruction& instruction, Machine& machine) {
  auto& picks = static_cast<Picks&>(*instruction.prepared);
  picks.fit(machine.count);
  const bool any_failed = PickRows(instruction, machine, picks);
  pick_states(instruction, machine, picks, any_failed);
  const record::Type type = instruction.out->column.type;
  if (type.kind == record::Kind::kList) {
    with_cell_type(type.element, [&]<class Cell>() { pick_lists<Cell>(instruction, machine, picks); });
  } else {
    with_cell_type(type.kind, [&]<class Cell>() { pick_cells<Cell>(instruction, machine, picks); });
  }
}

}  // namespace

void choose_case(Instruction& instruction) {
  instruction.prepared = std::make_unique<Picks>();
  instruction.kernel = choice<pick_case>;
}

void choose_coalesce(Instruction& instruction) {
  instruction.prepared = std::make_unique<Picks>();
  instruction.kernel = choice<pick_first>;
}

}  // namespace penstock::expression
