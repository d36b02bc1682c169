#include <map>
#include <unordered_map>

#include "runtime/expression/code.h"
#include "runtime/expression/kernels.h"

namespace penstock::expression {
namespace {

using topology::Expr;
using topology::ExprPtr;

class Compiler {
 public:
  Compiler() : code_(std::make_unique<Code>()) {}

  /// nullptr: error_ says why.
  Register* add(const ExprPtr& expr);
  std::unique_ptr<Code> take() { return std::move(code_); }
  const base::Error& error() const { return error_; }
  Code& code() { return *code_; }

 private:
  Register* add_new(const ExprPtr& expr, std::vector<Register*> args);
  Register* add_field(const Expr& expr);
  Register* add_literal(const Expr& expr);
  bool choose_kernel(Instruction& instruction);
  void make_constant(Instruction& instruction);
  std::string identity(const Expr& expr, const std::vector<Register*>& args) const;
  Register* new_register(record::Type type);

  std::unique_ptr<Code> code_;
  std::unordered_map<const Expr*, Register*> seen_;
  std::map<std::string, Register*> made_;
  base::Error error_;
};

Register* Compiler::new_register(record::Type type) {
  Register& target = code_->registers.emplace_back();
  target.column.type = type;
  target.elements.type = {type.element, record::Kind::kNull};
  if (type.kind == record::Kind::kList) target.column.child = &target.elements;
  return &target;
}

Register* Compiler::add(const ExprPtr& expr) {
  const auto seen = seen_.find(expr.get());
  if (seen != seen_.end()) return seen->second;
  std::vector<Register*> args;
  const bool row_as_json = expr->op == Expr::Op::kCall && !expr->function->strict;
  for (std::size_t i = row_as_json ? 1 : 0; i < expr->args.size(); i += row_as_json ? 2 : 1) {
    args.push_back(add(expr->args[i]));
    if (args.back() == nullptr) return nullptr;
  }
  Register*& made = made_[identity(*expr, args)];
  if (made == nullptr) made = add_new(expr, std::move(args));
  seen_.emplace(expr.get(), made);
  return made;
}

/// Equal texts mean equal values.
std::string Compiler::identity(const Expr& expr, const std::vector<Register*>& args) const {
  std::string result = std::to_string(static_cast<int>(expr.op)) + ' ' + to_string(expr.type) + ' ';
  if (expr.op == Expr::Op::kField) return result + std::to_string(expr.field);
  if (expr.function != nullptr) result += std::string(expr.function->name) + ' ';
  if (expr.op == Expr::Op::kLiteral) {
    result += std::to_string(expr.literal.index()) + ' ';
    if (const auto* text = std::get_if<std::string>(&expr.literal)) return result + *text;
    if (const auto* flag = std::get_if<bool>(&expr.literal)) return result + (*flag ? '1' : '0');
    std::uint64_t bits = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&expr.literal)) std::memcpy(&bits, integer, 8);
    if (const auto* real = std::get_if<double>(&expr.literal)) std::memcpy(&bits, real, 8);
    return result + std::to_string(bits);
  }
  for (const Register* arg : args) result += std::to_string(reinterpret_cast<std::uintptr_t>(arg)) + ' ';
  return result;
}

Register* Compiler::add_field(const Expr& expr) {
  Register* target = new_register(expr.type);
  code_->inputs.push_back({expr.field, target});
  return target;
}

Register* Compiler::add_literal(const Expr& expr) {
  Constant constant;
  constant.target = new_register(expr.type);
  constant.target->constant = true;
  if (std::holds_alternative<topology::NullValue>(expr.literal)) constant.state = kNull;
  if (const auto* flag = std::get_if<bool>(&expr.literal)) std::memset(constant.cell, *flag ? 1 : 0, 1);
  if (const auto* integer = std::get_if<std::int64_t>(&expr.literal)) std::memcpy(constant.cell, integer, 8);
  if (const auto* real = std::get_if<double>(&expr.literal)) std::memcpy(constant.cell, real, 8);
  if (const auto* text = std::get_if<std::string>(&expr.literal)) {
    const record::Text copy = code_->constant_text.copy(*text);
    std::memcpy(constant.cell, &copy, sizeof(copy));
  }
  code_->constants.push_back(constant);
  code_->fill_constants(1);
  return constant.target;
}

Register* Compiler::add_new(const ExprPtr& expr, std::vector<Register*> args) {
  if (expr->op == Expr::Op::kField) return add_field(*expr);
  if (expr->op == Expr::Op::kLiteral) return add_literal(*expr);
  Instruction instruction;
  instruction.expr = expr;
  instruction.args = std::move(args);
  instruction.out = new_register(expr->type);
  if (!choose_kernel(instruction)) return nullptr;
  bool constant = !instruction.per_run && expr->type.kind != record::Kind::kList;
  for (const Register* arg : instruction.args) constant = constant && arg->constant;
  Register* out = instruction.out;
  if (constant) {
    make_constant(instruction);
  } else {
    out->maker = static_cast<int>(code_->instructions.size());
    code_->instructions.push_back(std::move(instruction));
  }
  return out;
}

/// Runs the instruction once, over one row. A fault stays in the cell's state and is a fault of every row.
void Compiler::make_constant(Instruction& instruction) {
  Machine machine;
  machine.count = 1;
  instruction.kernel(instruction, machine);
  Register& target = *instruction.out;
  Constant constant;
  constant.target = &target;
  constant.state = target.column.state == nullptr ? kValid : target.column.state[0];
  std::memcpy(constant.cell, target.column.data, cell_bytes(target.column.type.kind));
  if (record::is_text(target.column.type.kind) && constant.state == kValid) {
    const record::Text copy = code_->constant_text.copy(*target.in<record::Text>());
    std::memcpy(constant.cell, &copy, sizeof(copy));
  }
  target.constant = true;
  if (is_error(constant.state)) {  // Kept as an instruction too, for the message; it is not run.
    target.maker = static_cast<int>(code_->instructions.size());
    instruction.kernel = [](const Instruction&, Machine&) {};
    code_->instructions.push_back(std::move(instruction));
  }
  code_->constants.push_back(constant);
  code_->fill_constants(1);
}

bool Compiler::choose_kernel(Instruction& instruction) {
  const Expr& expr = *instruction.expr;
  switch (expr.op) {
    case Expr::Op::kList:
      choose_list(instruction);
      break;
    case Expr::Op::kCast:
      choose_cast(instruction);
      break;
    case Expr::Op::kCase:
      choose_case(instruction);
      break;
    case Expr::Op::kCoalesce:
      choose_coalesce(instruction);
      break;
    case Expr::Op::kIn:
      choose_in(instruction);
      break;
    case Expr::Op::kCall: {
      std::vector<record::Type> types;
      for (const ExprPtr& arg : expr.args) types.push_back(arg->type);
      const auto* signature =
          expr.function->strict ? topology::find_signature(*expr.function, types) : &expr.function->signatures.front();
      const KernelEntry* entry = signature == nullptr ? nullptr : find_kernel(expr.function->name, signature->text);
      if (entry != nullptr) entry->choose(instruction);
      break;
    }
    default:
      choose_logic(instruction);
      break;
  }
  if (instruction.kernel != nullptr) return true;
  error_ = {"no_kernel", "'" + expr.text + "' cannot be computed", base::Origin::kInternal, false, expr.text};
  return false;
}

}  // namespace

base::Result<std::unique_ptr<Code>> compile_code(std::span<const ExprPtr> outputs) {
  Compiler compiler;
  for (const ExprPtr& output : outputs) {
    Register* target = compiler.add(output);
    if (target == nullptr) return tl::unexpected(compiler.error());
    compiler.code().outputs.push_back(target);
    compiler.code().expressions.push_back(output);
  }
  return compiler.take();
}

}  // namespace penstock::expression
