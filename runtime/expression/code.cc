#include "runtime/expression/code.h"

namespace penstock::expression {
namespace {

void fill(const Constant& constant, std::uint32_t rows) {
  Register& target = *constant.target;
  const std::size_t bytes = cell_bytes(target.column.type.kind);
  target.memory.resize((std::size_t{rows} * bytes + 7) / 8 + 1);
  auto* at = reinterpret_cast<std::byte*>(target.memory.data());
  for (std::uint32_t k = 0; k < rows; ++k) std::memcpy(at + k * bytes, constant.cell, bytes);
  target.column.data = target.memory.data();
  target.column.state = nullptr;
  if (constant.state == kValid) return;
  target.states.assign(rows, constant.state);
  target.column.state = target.states.data();
}

}  // namespace

std::size_t cell_bytes(record::Kind kind) {
  if (kind == record::Kind::kBool) return 1;
  return record::is_text(kind) ? sizeof(record::Text) : 8;
}

void Code::fill_constants(std::uint32_t rows) {
  for (const Constant& constant : constants) fill(constant, rows);
  capacity = rows;
}

}  // namespace penstock::expression
