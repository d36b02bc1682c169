#include <cstdio>

#include "runtime/expression/cell_text.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/unicode.h"
#include "topology/expression/literal_arguments.h"

namespace penstock::expression {
namespace {

using record::Kind;
using topology::FormatPiece;

struct FormatPrepared final : Prepared {
  std::vector<FormatPiece> pieces;
  std::vector<std::string> numbers;  ///< Per piece: for snprintf, e.g. "%05ld".
  std::string row;                   ///< The text of the row at hand; keeps its memory.
};

/// For snprintf with a width, a precision and a value.
std::string number_format(const FormatPiece& piece, Kind kind) {
  std::string format = "%" + piece.flags;
  if (piece.width > 0) format += std::to_string(piece.width);
  if (piece.precision >= 0) format += "." + std::to_string(piece.precision);
  if (kind == Kind::kInt64 && (piece.conversion == 'd' || piece.conversion == 'x')) format += "l";
  return format + piece.conversion;
}

void append_padded(std::string& out, std::string_view text, const FormatPiece& piece) {
  if (piece.precision >= 0) text = text.substr(0, bytes_of(text, static_cast<std::size_t>(piece.precision)));
  const std::size_t size = count_characters(text), width = static_cast<std::size_t>(piece.width);
  const std::size_t padding = width > size ? width - size : 0;
  const bool left = piece.flags.find('-') != std::string::npos;
  if (!left) out.append(padding, ' ');
  out += text;
  if (left) out.append(padding, ' ');
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
template <class Number>
void append_number(std::string& out, const std::string& format, Number value) {
  constexpr std::size_t kMost = 1536;  // Width at most 1000; %f at most 309 digits and precision 100.
  char buffer[kMost];
  out.append(buffer, static_cast<std::size_t>(std::snprintf(buffer, kMost, format.c_str(), value)));
}
#pragma GCC diagnostic pop

void append_value(FormatPrepared& prepared, std::size_t i, const record::Column& column, std::uint32_t row) {
  const FormatPiece& piece = prepared.pieces[i];
  const Kind kind = column.type.kind;
  if (piece.conversion == 's') {
    if (record::is_text(kind)) return append_padded(prepared.row, column.cells<record::Text>()[row], piece);
    char buffer[kLongestCellText];
    const std::size_t bytes = kind == Kind::kBool ? 1 : 8;
    const auto* cell = static_cast<const std::byte*>(column.data) + row * bytes;
    return append_padded(prepared.row, {buffer, write_cell(kind, cell, buffer)}, piece);
  }
  if (kind == Kind::kFloat64) return append_number(prepared.row, prepared.numbers[i], column.cells<double>()[row]);
  const std::int64_t value = column.cells<std::int64_t>()[row];
  if (piece.conversion == 'd' || piece.conversion == 'x') {
    return append_number(prepared.row, prepared.numbers[i], static_cast<long>(value));
  }
  append_number(prepared.row, prepared.numbers[i], static_cast<double>(value));
}

void format(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  auto& prepared = static_cast<FormatPrepared&>(*instruction.prepared);
  auto* out = machine.out<record::Text>(*instruction.out);
  const std::uint8_t* state = instruction.out->column.state;
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    out[k] = {};
    if (state != nullptr && state[k] != kValid) continue;
    prepared.row.clear();
    for (std::size_t i = 0; i < prepared.pieces.size(); ++i) {
      prepared.row += prepared.pieces[i].before;
      if (i + 1 < instruction.args.size()) append_value(prepared, i, instruction.args[i + 1]->column, k);
    }
    out[k] = machine.arena.copy(prepared.row);
  }
}

void choose_format(Instruction& instruction) {
  const Register& text = *instruction.args[0];
  auto prepared = std::make_unique<FormatPrepared>();
  if (!text.constant) return;
  std::string fault;
  auto pieces = topology::parse_format(text.column.is_null(0) ? "" : text.in<record::Text>()[0], fault);
  if (!pieces) return;
  prepared->pieces = std::move(*pieces);
  for (std::size_t i = 0; i < prepared->pieces.size(); ++i) {
    const Kind kind = i + 1 < instruction.args.size() ? instruction.args[i + 1]->column.type.kind : Kind::kNull;
    prepared->numbers.push_back(number_format(prepared->pieces[i], kind));
  }
  instruction.prepared = std::move(prepared);
  instruction.kernel = format;
}

constexpr KernelEntry kTable[] = {
    {"format", "string -> string", choose_format},
    {"format", "string, any... -> string", choose_format},
};

}  // namespace

std::span<const KernelEntry> format_kernels() { return kTable; }

}  // namespace penstock::expression
