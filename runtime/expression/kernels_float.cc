#include <bit>
#include <cmath>

#include "runtime/expression/checked.h"
#include "runtime/expression/kernels.h"

// A float that is not finite is never a result: 1e308 * 10 is an overflow, 1.0 / 0 a division by zero.

namespace penstock::expression {
namespace {

/// All ones in the exponent: infinity or not a number.
inline std::int64_t not_finite(double value) {
  constexpr std::uint64_t kExponent = 0x7FF0'0000'0000'0000;
  return (std::bit_cast<std::uint64_t>(value) & kExponent) == kExponent;
}

template <class Derived>
struct FloatLoops : Loops<Derived, double> {
  static double step(double a, double b, std::int64_t& flag) {
    const double result = Derived::apply(a, b);
    flag |= not_finite(result);
    return result;
  }
  static bool bad(std::int64_t flag) { return flag != 0; }
  static std::uint8_t fault(double a, double b) {
    if (Derived::kDivides && b == 0) return kDivisionByZero;
    return not_finite(Derived::apply(a, b)) ? kOverflow : kValid;
  }
  static constexpr bool kDivides = false;
};

struct Add : FloatLoops<Add> {
  static double apply(double a, double b) { return a + b; }
};
struct Subtract : FloatLoops<Subtract> {
  static double apply(double a, double b) { return a - b; }
};
struct Multiply : FloatLoops<Multiply> {
  static double apply(double a, double b) { return a * b; }
};
struct Divide : FloatLoops<Divide> {
  static constexpr bool kDivides = true;
  static double apply(double a, double b) { return a / b; }
};
struct Modulo : FloatLoops<Modulo> {
  static constexpr bool kDivides = true;
  static double apply(double a, double b) { return std::fmod(a, b); }
};

void negate(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const double* a = instruction.args[0]->in<double>();
  double* out = machine.out<double>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) out[k] = -a[k];
}

constexpr std::string_view kFloats = "float64, float64 -> float64 or error";

constexpr KernelEntry kTable[] = {
    {"+", kFloats, use<checked_binary<Add>>},      {"-", kFloats, use<checked_binary<Subtract>>},
    {"*", kFloats, use<checked_binary<Multiply>>}, {"/", kFloats, use<checked_binary<Divide>>},
    {"%", kFloats, use<checked_binary<Modulo>>},   {"-", "float64 -> float64", use<negate>},
};

}  // namespace

std::span<const KernelEntry> float_kernels() { return kTable; }

}  // namespace penstock::expression
