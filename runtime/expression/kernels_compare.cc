#include <functional>

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

constexpr KernelEntry kTable[] = {
    {"=", kSame, choose<std::equal_to<>>}, {"<>", kSame, choose<std::not_equal_to<>>},
    {"<", kSame, choose<std::less<>>},     {"<=", kSame, choose<std::less_equal<>>},
    {">", kSame, choose<std::greater<>>},  {">=", kSame, choose<std::greater_equal<>>},
};

}  // namespace

std::span<const KernelEntry> comparison_kernels() { return kTable; }

}  // namespace penstock::expression
