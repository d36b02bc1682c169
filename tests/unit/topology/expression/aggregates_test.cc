#include <gtest/gtest.h>

#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

namespace penstock::topology {
namespace {

using record::Kind;

record::Schema input() {
  return {{{"city", {Kind::kString, {}}, true},
           {"fare", {Kind::kFloat64, {}}, true},
           {"seats", {Kind::kInt64, {}}, false}}};
}

using Result = std::variant<AggregateExpressions, std::vector<NamedFault>>;

Result check(const std::vector<NamedText>& outputs, bool windowed = true) {
  return check_aggregates(outputs, input(), {0}, windowed);
}

std::string first_fault(const std::string& text, bool windowed = true) {
  const Result result = check({{"x", text}}, windowed);
  if (const auto* faults = std::get_if<1>(&result)) return faults->front().fault.code;
  return "";
}

TEST(CheckAggregates, LaysOutKeysCallsAndBounds) {
  const Result result = check({{"hour", "window_start"},
                               {"n", "count(*)"},
                               {"share", "sum(fare) / count(*)"},
                               {"place", "upper(city)"},
                               {"far", "count(*) filter (where fare > 100)"},
                               {"ends", "window_end"}});
  ASSERT_EQ(result.index(), 0u);
  const auto& aggregates = std::get<0>(result);
  ASSERT_EQ(aggregates.calls.size(), 3u);  // count(*) is shared.
  EXPECT_EQ(aggregates.calls[0].text, "count(*)");
  EXPECT_EQ(aggregates.calls[1].function->name, "sum");
  ASSERT_NE(aggregates.calls[2].filter, nullptr);
  ASSERT_EQ(aggregates.internal.size(), 6);
  EXPECT_EQ(aggregates.internal[0].name, "city");
  EXPECT_EQ(aggregates.internal[4].name, "window_start");
  EXPECT_EQ(fields_read(*aggregates.outputs[0].expression), (std::vector<int>{4}));
  EXPECT_EQ(fields_read(*aggregates.outputs[1].expression), (std::vector<int>{1}));
  EXPECT_EQ(fields_read(*aggregates.outputs[2].expression), (std::vector<int>{1, 2}));
  EXPECT_EQ(fields_read(*aggregates.outputs[3].expression), (std::vector<int>{0}));
  EXPECT_EQ(fields_read(*aggregates.outputs[5].expression), (std::vector<int>{5}));
  EXPECT_EQ(to_string(aggregates.outputs[2].expression->type), "float64");
}

TEST(CheckAggregates, TypesEachCall) {
  const std::vector<std::pair<const char*, const char*>> cases = {{"count(distinct city)", "int64"},
                                                                  {"sum(seats)", "int64"},
                                                                  {"sum(fare)", "float64"},
                                                                  {"avg(seats)", "float64"},
                                                                  {"min(city)", "string"},
                                                                  {"max(fare)", "float64"},
                                                                  {"stddev(seats)", "float64"},
                                                                  {"first(city)", "string"},
                                                                  {"last(seats)", "int64"},
                                                                  {"min_by(city, fare)", "string"},
                                                                  {"max_by(seats, fare)", "int64"},
                                                                  {"list(city)", "[string]"},
                                                                  {"approx_distinct(city)", "int64"},
                                                                  {"percentile(seats, 0.99)", "float64"},
                                                                  {"COUNT(fare)", "int64"}};
  for (const auto& [text, type] : cases) {
    const Result result = check({{"x", text}});
    ASSERT_EQ(result.index(), 0u) << text;
    EXPECT_EQ(to_string(std::get<0>(result).calls.at(0).type), type) << text;
  }
}

TEST(CheckAggregates, SaysWhatCannotStandHere) {
  EXPECT_EQ(first_fault("fare"), "not_a_key_field");
  EXPECT_EQ(first_fault("sum(fare) + fare"), "not_a_key_field");
  EXPECT_EQ(first_fault("window_start", false), "no_window");
  EXPECT_EQ(first_fault("sum(sum(fare))"), "aggregate_not_allowed");
  EXPECT_EQ(first_fault("sum(city)"), "wrong_argument_type");
  EXPECT_EQ(first_fault("count()"), "wrong_argument_type");
  EXPECT_EQ(first_fault("sum(*)"), "wrong_argument_type");
  EXPECT_EQ(first_fault("min(distinct city)"), "distinct_not_allowed");
  EXPECT_EQ(first_fault("percentile(fare, 99)"), "wrong_argument_type");
  EXPECT_EQ(first_fault("count(*) filter (where fare)"), "wrong_type");
  EXPECT_EQ(first_fault("count(*) filter (fare > 1)"), "unexpected_token");
  EXPECT_EQ(first_fault("sum(fair)"), "unknown_field");
  EXPECT_EQ(first_fault("fair"), "unknown_field");
  EXPECT_EQ(first_fault("to_json()"), "no_row");
}

TEST(CheckAggregates, ListsTheFaultsOfAllOutputs) {
  const Result result = check({{"a", "fare"}, {"b", "count(*)"}, {"c", "sum(fair)"}});
  ASSERT_EQ(result.index(), 1u);
  const auto& faults = std::get<1>(result);
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[1].output, 2u);
}

}  // namespace
}  // namespace penstock::topology
