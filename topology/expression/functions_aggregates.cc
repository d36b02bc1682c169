#include "topology/expression/functions.h"

namespace penstock::topology {

std::vector<Function> aggregate_functions() {
  constexpr auto kSection = Section::kAggregates;
  return {
      {"count",
       kSection,
       {"-> int64", "T -> int64"},
       "count(*): rows; count(x): rows whose x is not null; count(distinct x): different values of x.",
       "count(x)",
       "3"},
      {"sum",
       kSection,
       {"int64 -> int64? or error", "float64 -> float64? or error", "duration -> duration? or error"},
       "Sum of what is not null. Overflow is an error.",
       "sum(x)",
       "6"},
      {"min", kSection, {"T -> T?"}, "The least value.", "min(x)", "1"},
      {"max", kSection, {"T -> T?"}, "The greatest value.", "max(x)", "3"},
      {"avg", kSection, {"float64 -> float64?"}, "Mean.", "avg(x)", "2"},
      {"stddev",
       kSection,
       {"float64 -> float64?"},
       "Standard deviation of a sample; null for fewer than two values.",
       "stddev(x)",
       "1"},
      {"first",
       kSection,
       {"T -> T?"},
       "The first value that is not null: by event time where the stream has it, else by arrival.",
       "first(x)",
       "1"},
      {"last",
       kSection,
       {"T -> T?"},
       "The last value that is not null: by event time where the stream has it, else by arrival.",
       "last(x)",
       "3"},
      {"min_by",
       kSection,
       {"T, U -> T?"},
       "The first argument, which may be null, of the row whose second is the least.",
       "min_by(x, y)",
       "null"},
      {"max_by",
       kSection,
       {"T, U -> T?"},
       "The first argument, which may be null, of the row whose second is the greatest.",
       "max_by(x, y)",
       "1"},
      {"list", kSection, {"T -> [T]"}, "All values that are not null, in order of arrival.", "list(x)", "[1, 2, 3]"},
      {"approx_distinct",
       kSection,
       {"T -> int64"},
       "About how many different values there are (HyperLogLog).",
       "approx_distinct(x)",
       "3"},
      {"percentile",
       kSection,
       {"float64, float64 -> float64?"},
       "The value below which this share of the values lies; the share is written as a number from 0 to 1.",
       "percentile(x, 0.5)",
       "2"},
  };
}

bool takes_rows_back(const Function& aggregate) {
  for (const std::string_view name : {"count", "sum", "avg", "stddev", "min", "max"})
    if (aggregate.name == name) return true;
  return false;
}

}  // namespace penstock::topology
