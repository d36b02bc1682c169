#include "runtime/expression/program.h"

namespace penstock::expression {
namespace {

/// Branch-free: every row is written, the place moves on only past those that hold.
std::uint32_t choose_rows(const std::uint8_t* holds, std::uint32_t count, std::uint32_t* out) {
  std::uint32_t n = 0;
  for (std::uint32_t k = 0; k < count; ++k) {
    out[n] = k;
    n += holds[k] != 0 ? 1 : 0;
  }
  return n;
}

std::uint32_t choose_valid_rows(const std::uint8_t* holds, const std::uint8_t* state, std::uint32_t count,
                                std::uint32_t* out) {
  std::uint32_t n = 0;
  for (std::uint32_t k = 0; k < count; ++k) {
    out[n] = k;
    n += static_cast<std::uint32_t>(holds[k] != 0) & static_cast<std::uint32_t>(state[k] == record::kValid);
  }
  return n;
}

}  // namespace

base::Result<Predicate> Predicate::compile(topology::ExprPtr condition) {
  if (condition->type.kind != record::Kind::kBool && condition->type.kind != record::Kind::kNull) {
    return base::fail("wrong_type", "'" + condition->text + "' is no condition");
  }
  auto program = Program::compile(std::span(&condition, 1));
  if (!program) return tl::unexpected(program.error());
  return Predicate(std::move(*program));
}

std::span<const std::uint32_t> Predicate::select(const record::Rows& rows, base::Micros now_us) {
  const record::Column& holds = program_.run(rows, now_us)[0];
  if (selected_.size() < rows.count + 1) selected_.resize(rows.count + 1);
  if (holds.type.kind == record::Kind::kNull) return {};
  const auto* cells = holds.cells<std::uint8_t>();
  const std::uint32_t n = holds.state == nullptr ? choose_rows(cells, rows.count, selected_.data())
                                                 : choose_valid_rows(cells, holds.state, rows.count, selected_.data());
  return {selected_.data(), n};
}

base::Result<topology::Scalar> evaluate_constant(const topology::ExprPtr& expression) {
  auto program = Program::compile(std::span(&expression, 1));
  if (!program) return tl::unexpected(program.error());
  record::Rows row;
  row.count = 1;
  const record::Column result = program->run(row, base::wall_now())[0];
  if (!program->faults().empty()) {
    const RowFault& fault = program->faults().front();
    return base::fail(std::string(fault.code), fault.message);
  }
  if (result.type.kind == record::Kind::kNull || result.is_null(0)) return topology::Scalar(topology::NullValue{});
  switch (result.type.kind) {
    case record::Kind::kBool:
      return topology::Scalar(result.cells<std::uint8_t>()[0] != 0);
    case record::Kind::kFloat64:
      return topology::Scalar(result.cells<double>()[0]);
    case record::Kind::kString:
    case record::Kind::kBytes:
      return topology::Scalar(std::string(result.cells<record::Text>()[0]));
    case record::Kind::kList:
      return base::fail("wrong_type", "'" + expression->text + "' is a list, not a single value");
    default:
      return topology::Scalar(result.cells<std::int64_t>()[0]);
  }
}

}  // namespace penstock::expression
