#include <bit>
#include <limits>

#include "runtime/base/target_clones.h"
#include "runtime/base/time_text.h"
#include "runtime/expression/checked.h"
#include "runtime/expression/division.h"
#include "runtime/expression/kernels.h"

// int64, and the times that are made of it.

namespace penstock::expression {
namespace {

using Int = std::int64_t;
constexpr Int kLeast = std::numeric_limits<Int>::min();

constexpr Int wrapping(std::uint64_t bits) { return static_cast<Int>(bits); }
constexpr std::uint64_t bits(Int value) { return static_cast<std::uint64_t>(value); }
constexpr bool is_timestamp(Int value) { return value >= base::kMinTimestamp && value <= base::kMaxTimestamp; }
/// Negative when `value` is no timestamp.
constexpr Int timestamp_sign(Int value) {
  return wrapping((bits(value) - bits(base::kMinTimestamp)) | (bits(base::kMaxTimestamp) - bits(value)));
}

struct Add : Loops<Add, Int> {
  static Int step(Int a, Int b, Int& flag) {
    const Int sum = wrapping(bits(a) + bits(b));
    flag |= (a ^ sum) & (b ^ sum);
    return sum;
  }
  static bool bad(Int flag) { return flag < 0; }
  static std::uint8_t fault(Int a, Int b) { return __builtin_add_overflow(a, b, &a) ? kOverflow : kValid; }
};

struct Subtract : Loops<Subtract, Int> {
  static Int step(Int a, Int b, Int& flag) {
    const Int difference = wrapping(bits(a) - bits(b));
    flag |= (a ^ b) & (a ^ difference);
    return difference;
  }
  static bool bad(Int flag) { return flag < 0; }
  static std::uint8_t fault(Int a, Int b) { return __builtin_sub_overflow(a, b, &a) ? kOverflow : kValid; }
};

/// A product fits when the bit lengths of both sides together do: a sign that vectorizes, unlike the product's high
/// half.
struct Sizes {
  std::uint64_t a = 0, b = 0;
};
struct Multiply : Loops<Multiply, Int, Int, Sizes> {
  static Int step(Int a, Int b, Sizes& sizes) {
    sizes.a |= bits(a ^ (a >> 63));
    sizes.b |= bits(b ^ (b >> 63));
    return wrapping(bits(a) * bits(b));
  }
  static bool bad(const Sizes& sizes) { return std::bit_width(sizes.a) + std::bit_width(sizes.b) > 62; }
  static std::uint8_t fault(Int a, Int b) { return __builtin_mul_overflow(a, b, &a) ? kOverflow : kValid; }
};

template <class Base>
struct ToTimestamp : Loops<ToTimestamp<Base>, Int> {
  static Int step(Int a, Int b, Int& flag) {
    const Int result = Base::step(a, b, flag);
    flag |= timestamp_sign(result);
    return result;
  }
  static bool bad(Int flag) { return flag < 0; }
  static std::uint8_t fault(Int a, Int b) {
    Int flag = 0;
    const Int result = Base::step(a, b, flag);
    return flag < 0 || !is_timestamp(result) ? kOutOfRange : kValid;
  }
};

/// Safe beside unspecified cells: a divisor that cannot be is replaced before the instruction.
struct Divide : Loops<Divide, Int> {
  static Int step(Int a, Int b, Int& flag) {
    const bool wrong = fault(a, b) != kValid;
    flag |= wrong;
    return a / (wrong ? 1 : b);
  }
  static bool bad(Int flag) { return flag != 0; }
  static std::uint8_t fault(Int a, Int b) {
    if (b == 0) return kDivisionByZero;
    return a == kLeast && b == -1 ? kOverflow : kValid;
  }
};

struct Modulo : Loops<Modulo, Int> {
  static Int step(Int a, Int b, Int& flag) {
    flag |= b == 0;
    return a % (b == 0 || b == -1 ? 1 : b);
  }
  static bool bad(Int flag) { return flag != 0; }
  static std::uint8_t fault(Int, Int b) { return b == 0 ? kDivisionByZero : kValid; }
};

struct ShiftUp : Loops<ShiftUp, Int> {
  static Int step(Int a, Int b, Int& flag) {
    flag |= b & ~Int{63};
    return wrapping(bits(a) << (b & 63));
  }
  static bool bad(Int flag) { return flag != 0; }
  static std::uint8_t fault(Int, Int b) { return b < 0 || b > 63 ? kOutOfRange : kValid; }
};

struct ShiftDown : Loops<ShiftDown, Int> {
  static Int step(Int a, Int b, Int& flag) {
    flag |= b & ~Int{63};
    return a >> (b & 63);
  }
  static bool bad(Int flag) { return flag != 0; }
  static std::uint8_t fault(Int a, Int b) { return ShiftUp::fault(a, b); }
};

struct BitAnd : Loops<BitAnd, Int> {
  static Int step(Int a, Int b, Int&) { return a & b; }
  static bool bad(Int) { return false; }
  static std::uint8_t fault(Int, Int) { return kValid; }
};

struct BitOr : Loops<BitOr, Int> {
  static Int step(Int a, Int b, Int&) { return a | b; }
  static bool bad(Int) { return false; }
  static std::uint8_t fault(Int, Int) { return kValid; }
};

/// timestamp - timestamp: both lie within 1900 to 2200, so the difference fits.
struct Between : Loops<Between, Int> {
  static Int step(Int a, Int b, Int&) { return wrapping(bits(a) - bits(b)); }
  static bool bad(Int) { return false; }
  static std::uint8_t fault(Int, Int) { return kValid; }
};

struct DivisorPrepared final : Prepared {
  explicit DivisorPrepared(Int value) : divisor(value) {}
  ConstantDivisor divisor;
};

template <void (ConstantDivisor::*Run)(const Int*, Int*, std::uint32_t) const>
void by_constant(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const Int* values = instruction.args[0]->in<Int>();
  (instruction.as<DivisorPrepared>().divisor.*Run)(values, machine.out<Int>(*instruction.out), machine.count);
}

bool prepare_divisor(Instruction& instruction) {
  const Register& right = *instruction.args[1];
  if (!right.constant || right.column.is_null(0) || !ConstantDivisor::fits(*right.in<Int>())) return false;
  instruction.prepared = std::make_unique<DivisorPrepared>(*right.in<Int>());
  return true;
}

void choose_divide(Instruction& instruction) {
  instruction.kernel = prepare_divisor(instruction) ? by_constant<&ConstantDivisor::quotients> : checked_binary<Divide>;
}
void choose_modulo(Instruction& instruction) {
  instruction.kernel =
      prepare_divisor(instruction) ? by_constant<&ConstantDivisor::remainders> : checked_binary<Modulo>;
}

void negate(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  const Int* a = instruction.args[0]->in<Int>();
  Int* out = machine.out<Int>(*instruction.out);
  bool least = false;
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    least |= a[k] == kLeast;
    out[k] = wrapping(0 - bits(a[k]));
  }
  if (!least) return;
  std::uint8_t* state = machine.writable_state(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    if (state[k] == kValid && a[k] == kLeast) state[k] = kOverflow;
  }
}

constexpr std::string_view kIntegers = "int64, int64 -> int64 or error";
constexpr std::string_view kDurations = "duration, duration -> duration or error";

constexpr KernelEntry kTable[] = {
    {"+", kIntegers, use<checked_binary<Add>>},
    {"+", kDurations, use<checked_binary<Add>>},
    {"+", "timestamp, duration -> timestamp or error", use<checked_binary<ToTimestamp<Add>>>},
    {"+", "duration, timestamp -> timestamp or error", use<checked_binary<ToTimestamp<Add>>>},
    {"-", kIntegers, use<checked_binary<Subtract>>},
    {"-", kDurations, use<checked_binary<Subtract>>},
    {"-", "timestamp, duration -> timestamp or error", use<checked_binary<ToTimestamp<Subtract>>>},
    {"-", "timestamp, timestamp -> duration", use<checked_binary<Between>>},
    {"-", "int64 -> int64 or error", use<negate>},
    {"-", "duration -> duration or error", use<negate>},
    {"*", kIntegers, use<checked_binary<Multiply>>},
    {"*", "duration, int64 -> duration or error", use<checked_binary<Multiply>>},
    {"*", "int64, duration -> duration or error", use<checked_binary<Multiply>>},
    {"/", kIntegers, choose_divide},
    {"/", "duration, int64 -> duration or error", choose_divide},
    {"%", kIntegers, choose_modulo},
    {"<<", kIntegers, use<checked_binary<ShiftUp>>},
    {">>", kIntegers, use<checked_binary<ShiftDown>>},
    {"&", "int64, int64 -> int64", use<checked_binary<BitAnd>>},
    {"|", "int64, int64 -> int64", use<checked_binary<BitOr>>},
};

}  // namespace

std::span<const KernelEntry> arithmetic_kernels() { return kTable; }

}  // namespace penstock::expression
