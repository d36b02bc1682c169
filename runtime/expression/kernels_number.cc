#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/expression/kernels.h"
#include "runtime/expression/list_builder.h"
#include "runtime/expression/rowwise.h"

namespace penstock::expression {
namespace {

using Int = std::int64_t;

std::uint8_t abs_int(Call&, Int& out, Int in) {
  if (in == std::numeric_limits<Int>::min()) return kOverflow;
  out = in < 0 ? -in : in;
  return kValid;
}
std::uint8_t abs_float(Call&, double& out, double in) {
  out = std::fabs(in);
  return kValid;
}

template <double (*F)(double)>
std::uint8_t whole(Call&, double& out, double in) {
  out = F(in);
  return kValid;
}
std::uint8_t same_int(Call&, Int& out, Int in) {
  out = in;
  return kValid;
}

std::uint8_t round_digits(Call&, double& out, double in, Int digits) {
  constexpr Int kMostDigits = 300;
  const double scale = std::pow(10.0, static_cast<double>(std::clamp(digits, -kMostDigits, kMostDigits)));
  const double scaled = std::round(in * scale);
  out = std::isfinite(scaled) ? scaled / scale : in;  // More digits than a double has: already round.
  return kValid;
}

std::uint8_t square_root(Call&, double& out, double in) {
  if (in < 0) return kBadArgument;
  out = std::sqrt(in);
  return kValid;
}
std::uint8_t power(Call&, double& out, double base, double exponent) {
  if (base == 0 && exponent < 0) return kDivisionByZero;
  out = std::pow(base, exponent);
  if (std::isnan(out)) return kBadArgument;
  return std::isfinite(out) ? kValid : kOverflow;
}
std::uint8_t natural_logarithm(Call&, double& out, double in) {
  if (in <= 0) return kBadArgument;
  out = std::log(in);
  return kValid;
}
std::uint8_t exponential(Call&, double& out, double in) {
  out = std::exp(in);
  return std::isfinite(out) ? kValid : kOverflow;
}

template <bool kLeast, class Cell>
void extreme(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  Cell* out = machine.out<Cell>(*instruction.out);
  const std::uint8_t* state = instruction.out->column.state;
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    out[k] = Cell{};
    if (state != nullptr && state[k] != kValid) continue;
    out[k] = instruction.args[0]->in<Cell>()[k];
    for (std::size_t i = 1; i < instruction.args.size(); ++i) {
      const Cell other = instruction.args[i]->in<Cell>()[k];
      if (kLeast ? other < out[k] : out[k] < other) out[k] = other;
    }
  }
}

template <bool kLeast>
void choose_extreme(Instruction& instruction) {
  with_cell_type(instruction.out->column.type.kind, [&]<class Cell>() { instruction.kernel = extreme<kLeast, Cell>; });
}

constexpr std::string_view kFloat = "float64 -> float64";
constexpr std::string_view kInt = "int64 -> int64";
constexpr std::string_view kFloatOrError = "float64 -> float64 or error";

constexpr KernelEntry kTable[] = {
    {"abs", "int64 -> int64 or error", use<Rowwise<abs_int>::run>},
    {"abs", "duration -> duration or error", use<Rowwise<abs_int>::run>},
    {"abs", kFloat, use<Rowwise<abs_float>::run>},
    {"floor", kFloat, use<Rowwise<whole<std::floor>>::run>},
    {"floor", kInt, use<Rowwise<same_int>::run>},
    {"ceil", kFloat, use<Rowwise<whole<std::ceil>>::run>},
    {"ceil", kInt, use<Rowwise<same_int>::run>},
    {"round", kFloat, use<Rowwise<whole<std::round>>::run>},
    {"round", kInt, use<Rowwise<same_int>::run>},
    {"round", "float64, int64 -> float64", use<Rowwise<round_digits>::run>},
    {"sqrt", kFloatOrError, use<Rowwise<square_root>::run>},
    {"power", "float64, float64 -> float64 or error", use<Rowwise<power>::run>},
    {"ln", kFloatOrError, use<Rowwise<natural_logarithm>::run>},
    {"exp", kFloatOrError, use<Rowwise<exponential>::run>},
    {"least", "T... -> T", choose_extreme<true>},
    {"greatest", "T... -> T", choose_extreme<false>},
};

}  // namespace

std::span<const KernelEntry> number_kernels() { return kTable; }

}  // namespace penstock::expression
