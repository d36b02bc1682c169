#include "topology/expression/functions.h"

namespace penstock::topology {

std::vector<Function> number_functions() {
  constexpr auto kSection = Section::kNumbers;
  return {
      {"abs",
       kSection,
       {"int64 -> int64 or error", "float64 -> float64", "duration -> duration or error"},
       "Without its sign.",
       "abs(-3)",
       "3"},
      {"floor",
       kSection,
       {"float64 -> float64", "int64 -> int64"},
       "The next whole number below.",
       "floor(-1.5)",
       "-2"},
      {"ceil", kSection, {"float64 -> float64", "int64 -> int64"}, "The next whole number above.", "ceil(1.2)", "2"},
      {"round",
       kSection,
       {"float64 -> float64", "int64 -> int64", "float64, int64 -> float64"},
       "The nearest whole number, or with so many digits behind the point; halves go away from zero.",
       "round(2.345, 1)",
       "2.3"},
      {"sqrt",
       kSection,
       {"float64 -> float64 or error"},
       "Square root; of a negative number an error.",
       "sqrt(2.25)",
       "1.5"},
      {"power",
       kSection,
       {"float64, float64 -> float64 or error"},
       "The first to the power of the second.",
       "power(2, 10)",
       "1024"},
      {"ln", kSection, {"float64 -> float64 or error"}, "Natural logarithm; of zero and below an error.", "ln(1)", "0"},
      {"exp", kSection, {"float64 -> float64 or error"}, "e to the power of this.", "exp(0)", "1"},
      {"least", kSection, {"T... -> T"}, "The least of all.", "least(3, 1, 2)", "1"},
      {"greatest", kSection, {"T... -> T"}, "The greatest of all.", "greatest('a', 'c', 'b')", "c"},
  };
}

}  // namespace penstock::topology
