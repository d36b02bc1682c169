#include "runtime/expression/program.h"

#include <algorithm>

#include "runtime/expression/code.h"

namespace penstock::expression {
namespace {

template <class Cell>
void gather(const record::Rows& rows, const record::Column& from, Machine& machine, Register& target) {
  const Cell* in = from.cells<Cell>();
  Cell* out = machine.out<Cell>(target);
  for (std::uint32_t k = 0; k < rows.count; ++k) out[k] = in[rows.selection[k]];
}

/// Borrows the field's column, or copies the selected cells so that cell k belongs to row k.
void load(const record::Rows& rows, const InputField& input, Machine& machine) {
  const record::Column& from = rows.columns[static_cast<std::size_t>(input.field)];
  Register& target = *input.target;
  target.column = from;
  if (rows.selection == nullptr) return;
  switch (cell_bytes(from.type.kind)) {
    case 1:
      gather<std::uint8_t>(rows, from, machine, target);
      break;
    case 8:
      gather<std::uint64_t>(rows, from, machine, target);
      break;
    default:
      gather<record::Text>(rows, from, machine, target);
      break;
  }
  if (from.state == nullptr) return;
  std::uint8_t* state = machine.out_state(target);
  for (std::uint32_t k = 0; k < rows.count; ++k) state[k] = from.state[rows.selection[k]];
}

bool any_error(const std::uint8_t* state, std::uint32_t count) {
  std::uint8_t seen = 0;
  for (std::uint32_t k = 0; k < count; ++k) seen |= state[k];
  return seen >= record::kFirstError;
}

}  // namespace

class Program::State {
 public:
  explicit State(std::unique_ptr<Code> code) : code_(std::move(code)), clean_(code_->outputs.size()) {
    columns_.resize(code_->outputs.size());
  }

  std::span<const record::Column> run(const record::Rows& rows, base::Micros now_us) {
    machine_.count = rows.count;
    machine_.now = now_us;
    machine_.arena.clear();
    faults_.clear();
    if (rows.count == 0) return nothing();
    if (rows.count > code_->capacity) code_->fill_constants(rows.count);
    for (const InputField& input : code_->inputs) load(rows, input, machine_);
    for (const Instruction& instruction : code_->instructions) instruction.kernel(instruction, machine_);
    for (std::size_t i = 0; i < columns_.size(); ++i) lend(i);
    if (!faults_.empty()) order_faults();
    return columns_;
  }
  std::span<const RowFault> faults() const { return faults_; }

 private:
  std::span<const record::Column> nothing() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const record::Column& column = code_->outputs[i]->column;
      columns_[i] = {column.type, nullptr, nullptr, column.child};
    }
    return columns_;
  }

  void lend(std::size_t i) {
    const Register& output = *code_->outputs[i];
    columns_[i] = output.column;
    const std::uint8_t* state = output.column.state;
    if (state == nullptr || !any_error(state, machine_.count)) return;
    clean_[i].assign(state, state + machine_.count);
    for (std::uint32_t k = 0; k < machine_.count; ++k) {
      if (!is_error(state[k])) continue;
      clean_[i][k] = kNull;
      faults_.push_back(describe_fault(*code_, output, k));
    }
    columns_[i].state = clean_[i].data();
  }

  /// Ascending, the first output's fault where several failed.
  void order_faults() {
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const RowFault& a, const RowFault& b) { return a.row < b.row; });
    const auto same = [](const RowFault& a, const RowFault& b) { return a.row == b.row; };
    faults_.erase(std::unique(faults_.begin(), faults_.end(), same), faults_.end());
  }

  std::unique_ptr<Code> code_;
  Machine machine_;
  std::vector<record::Column> columns_;
  std::vector<std::vector<std::uint8_t>> clean_;  ///< Per output: its states without errors, where there were some.
  std::vector<RowFault> faults_;
};

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

base::Result<Program> Program::compile(std::span<const topology::ExprPtr> outputs) {
  auto code = compile_code(outputs);
  if (!code) return tl::unexpected(code.error());
  return Program(std::make_unique<State>(std::move(*code)));
}

std::span<const record::Column> Program::run(const record::Rows& rows, base::Micros now_us) {
  return state_->run(rows, now_us);
}

std::span<const RowFault> Program::faults() const { return state_->faults(); }

}  // namespace penstock::expression
