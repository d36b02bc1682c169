#include <functional>

#include "runtime/base/number_order.h"
#include "runtime/expression/checked.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/rowwise.h"

namespace penstock::expression {
namespace {

using record::Kind;
using record::Text;

template <class CellType, class Order>
struct Compare : Loops<Compare<CellType, Order>, CellType, std::uint8_t> {
  static std::uint8_t step(CellType a, CellType b, std::int64_t&) { return Order()(a, b); }
  static bool bad(std::int64_t) { return false; }
  static std::uint8_t fault(CellType, CellType) { return kValid; }
};

template <class Order>
std::uint8_t compare_texts(Call&, std::uint8_t& out, const Text& a, const Text& b) {
  out = Order()(a, b);
  return kValid;
}

template <class Order, bool kSwapped>
std::uint8_t compare_numbers(std::uint8_t& out, std::int64_t a, double b) {
  if (b != b) {
    out = Order()(b, b);
    return kValid;
  }
  const int order = base::number_order(a, b);
  out = Order()(kSwapped ? -order : order, 0);
  return kValid;
}

template <class Order>
std::uint8_t compare_int_float(Call&, std::uint8_t& out, const std::int64_t& a, const double& b) {
  return compare_numbers<Order, false>(out, a, b);
}
template <class Order>
std::uint8_t compare_float_int(Call&, std::uint8_t& out, const double& a, const std::int64_t& b) {
  return compare_numbers<Order, true>(out, b, a);
}

template <class Order>
void choose(Instruction& instruction) {
  switch (instruction.args[0]->column.type.kind) {
    case Kind::kBool:
      instruction.kernel = checked_binary<Compare<std::uint8_t, Order>>;
      break;
    case Kind::kFloat64:
      instruction.kernel = checked_binary<Compare<double, Order>>;
      break;
    case Kind::kString:
    case Kind::kBytes:
      instruction.kernel = Rowwise<compare_texts<Order>>::run;
      break;
    default:
      instruction.kernel = checked_binary<Compare<std::int64_t, Order>>;
      break;
  }
}

constexpr std::string_view kSame = "T, T -> bool";
constexpr std::string_view kIntFloat = "int64, float64 -> bool", kFloatInt = "float64, int64 -> bool";

constexpr KernelEntry kTable[] = {
    {"=", kSame, choose<std::equal_to<>>},
    {"=", kIntFloat, use<Rowwise<compare_int_float<std::equal_to<>>>::run>},
    {"=", kFloatInt, use<Rowwise<compare_float_int<std::equal_to<>>>::run>},
    {"<>", kSame, choose<std::not_equal_to<>>},
    {"<>", kIntFloat, use<Rowwise<compare_int_float<std::not_equal_to<>>>::run>},
    {"<>", kFloatInt, use<Rowwise<compare_float_int<std::not_equal_to<>>>::run>},
    {"<", kSame, choose<std::less<>>},
    {"<", kIntFloat, use<Rowwise<compare_int_float<std::less<>>>::run>},
    {"<", kFloatInt, use<Rowwise<compare_float_int<std::less<>>>::run>},
    {"<=", kSame, choose<std::less_equal<>>},
    {"<=", kIntFloat, use<Rowwise<compare_int_float<std::less_equal<>>>::run>},
    {"<=", kFloatInt, use<Rowwise<compare_float_int<std::less_equal<>>>::run>},
    {">", kSame, choose<std::greater<>>},
    {">", kIntFloat, use<Rowwise<compare_int_float<std::greater<>>>::run>},
    {">", kFloatInt, use<Rowwise<compare_float_int<std::greater<>>>::run>},
    {">=", kSame, choose<std::greater_equal<>>},
    {">=", kIntFloat, use<Rowwise<compare_int_float<std::greater_equal<>>>::run>},
    {">=", kFloatInt, use<Rowwise<compare_float_int<std::greater_equal<>>>::run>},
};

}  // namespace

std::span<const KernelEntry> comparison_kernels() { return kTable; }

}  // namespace penstock::expression
