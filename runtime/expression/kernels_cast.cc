#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"
#include "runtime/expression/cell_text.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/list_builder.h"
#include "runtime/expression/rowwise.h"
#include "runtime/expression/unicode.h"

namespace penstock::expression {
namespace {

using record::Kind;
using record::Text;

void int_to_float(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const std::int64_t* in = instruction.args[0]->in<std::int64_t>();
  double* out = machine.out<double>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) out[k] = static_cast<double>(in[k]);
}

std::uint8_t float_to_int(Call&, std::int64_t& out, double in) {
  if (!(in >= -9223372036854775808.0 && in < 9223372036854775808.0)) return kBadCast;
  out = static_cast<std::int64_t>(in);
  return kValid;
}

std::uint8_t int_to_bool(Call&, std::uint8_t& out, std::int64_t in) {
  out = in != 0;
  return kValid;
}
std::uint8_t bool_to_int(Call&, std::int64_t& out, std::uint8_t in) {
  out = in;
  return kValid;
}

template <auto Parse, class Out>
std::uint8_t parse(Call&, Out& out, const Text& in) {
  const auto value = Parse(in);
  if (!value) return kBadCast;
  out = *value;
  return kValid;
}

std::uint8_t text_to_bool(Call&, std::uint8_t& out, const Text& in) {
  out = in == "true";
  return out != 0 || in == "false" ? kValid : kBadCast;
}

std::uint8_t bytes_to_text(Call&, Text& out, const Text& in) {
  out = in;
  return is_utf8(in) ? kValid : kBadCast;
}
std::uint8_t same_text(Call&, Text& out, const Text& in) {
  out = in;
  return kValid;
}

template <class Cell, Kind kKind>
std::uint8_t to_text(Call& call, Text& out, Cell in) {
  char buffer[kLongestCellText];
  out = call.arena().copy({buffer, write_cell(kKind, &in, buffer)});
  return kValid;
}

void choose_from_text(Instruction& instruction, Kind to) {
  switch (to) {
    case Kind::kInt64:
      instruction.kernel = Rowwise<parse<base::parse_int64, std::int64_t>>::run;
      break;
    case Kind::kFloat64:
      instruction.kernel = Rowwise<parse<base::parse_float64, double>>::run;
      break;
    case Kind::kTimestamp:
      instruction.kernel = Rowwise<parse<base::parse_timestamp, std::int64_t>>::run;
      break;
    case Kind::kDuration:
      instruction.kernel = Rowwise<parse<base::parse_duration, std::int64_t>>::run;
      break;
    case Kind::kBool:
      instruction.kernel = Rowwise<text_to_bool>::run;
      break;
    default:
      instruction.kernel = Rowwise<same_text>::run;
      break;
  }
}

void choose_to_text(Instruction& instruction, Kind from) {
  switch (from) {
    case Kind::kInt64:
      instruction.kernel = Rowwise<to_text<std::int64_t, Kind::kInt64>>::run;
      break;
    case Kind::kFloat64:
      instruction.kernel = Rowwise<to_text<double, Kind::kFloat64>>::run;
      break;
    case Kind::kTimestamp:
      instruction.kernel = Rowwise<to_text<std::int64_t, Kind::kTimestamp>>::run;
      break;
    case Kind::kDuration:
      instruction.kernel = Rowwise<to_text<std::int64_t, Kind::kDuration>>::run;
      break;
    case Kind::kBool:
      instruction.kernel = Rowwise<to_text<std::uint8_t, Kind::kBool>>::run;
      break;
    default:
      instruction.kernel = Rowwise<bytes_to_text>::run;
      break;
  }
}

}  // namespace

void choose_cast(Instruction& instruction) {
  const Kind from = instruction.args[0]->column.type.kind, to = instruction.out->column.type.kind;
  if (from == Kind::kString) return choose_from_text(instruction, to);
  if (to == Kind::kString) return choose_to_text(instruction, from);
  if (from == Kind::kInt64 && to == Kind::kFloat64)
    instruction.kernel = int_to_float;
  else if (from == Kind::kFloat64 && to == Kind::kInt64)
    instruction.kernel = Rowwise<float_to_int>::run;
  else if (from == Kind::kInt64 && to == Kind::kBool)
    instruction.kernel = Rowwise<int_to_bool>::run;
  else if (from == Kind::kBool && to == Kind::kInt64)
    instruction.kernel = Rowwise<bool_to_int>::run;
}

}  // namespace penstock::expression
