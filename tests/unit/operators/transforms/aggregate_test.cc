#include <gtest/gtest.h>

#include <limits>

#include "operators/transforms/register.h"
#include "tests/support/operator_driver.h"
#include "topology/expression/functions.h"

namespace penstock::operators {
namespace {

using record::Change;
using support::InputRow;
using support::OperatorDriver;
using support::TestNode;
using Texts = std::vector<std::string>;

const api::Registry& registry() {
  static const auto* const filled = [] {
    auto* made = new api::Registry;
    register_transforms(*made);
    return made;
  }();
  return *filled;
}

TestNode node_of(const std::string& input, std::vector<int> key, const std::vector<topology::NamedText>& outputs,
                 const std::string& emit = "update") {
  TestNode node("aggregate", input);
  node.key(std::move(key)).aggregate(outputs, false).plan.params.set("emit", emit);
  return node;
}

Texts run(const TestNode& node, const std::vector<InputRow>& rows, std::size_t cut, int room, bool gaps,
          OperatorDriver* keep = nullptr) {
  OperatorDriver own(registry(), node);
  OperatorDriver& driver = keep != nullptr ? *keep : own;
  EXPECT_FALSE(driver.refused) << driver.refused->text;
  driver.room = room;
  driver.with_gaps = gaps;
  driver.process_cut(rows, cut);
  driver.flush();
  EXPECT_EQ(driver.counters().absorbed.get() + driver.context.record.failed.size(), rows.size());
  return driver.context.rows();
}

Texts in_every_way(const TestNode& node, const std::vector<InputRow>& rows) {
  const Texts first = run(node, rows, 1000, -1, false);
  for (const std::size_t cut : {1u, 3u, 0u})
    for (const bool gaps : {false, true}) EXPECT_EQ(run(node, rows, cut, gaps ? 1 : -1, gaps), first) << cut << gaps;
  return first;
}

TEST(RunningAggregate, EmitsARowPerRowWithItsGroupsValueAfterIt) {
  const auto node = node_of("w string", {0}, {{"n", "count(*)"}});
  const std::vector<InputRow> rows = {{{"a"}}, {{"b"}}, {{"a"}}, {{"null"}}, {{"a"}}, {{"null"}}};
  EXPECT_EQ(in_every_way(node, rows),
            (Texts{"a, 1", "b, 1", "update: a, 2", "null, 1", "update: a, 3", "update: null, 2"}));
}

TEST(RunningAggregate, GivesTheOldRowBackWhereItIsWanted) {
  auto node = node_of("w string, x int64", {0}, {{"s", "sum(x)"}});
  node.plan.params.set("emit_retractions", true);
  const std::vector<InputRow> rows = {{{"a", "1"}}, {{"a", "5"}}, {{"b", "null"}}, {{"b", "2"}}};
  EXPECT_EQ(in_every_way(node, rows),
            (Texts{"a, 1", "retract: a, 1", "update: a, 6", "b, null", "retract: b, null", "update: b, 2"}));
}

TEST(RunningAggregate, TakesRowsBackAndForgetsEmptyGroups) {
  auto node = node_of("w string, x int64", {0}, {{"n", "count(*)"}, {"m", "max(x)"}, {"d", "count(distinct x)"}});
  node.plan.params.set("retract_input", true);
  const std::vector<InputRow> rows = {{{"a", "1"}},
                                      {{"a", "7"}},
                                      {{"a", "7"}, 0, 0, Change::kRetract},
                                      {{"b", "3"}, 0, 0, Change::kUpdate},
                                      {{"a", "1"}, 0, 0, Change::kDelete},
                                      {{"a", "4"}}};
  EXPECT_EQ(in_every_way(node, rows), (Texts{"a, 1, 1, 1", "update: a, 2, 7, 2", "update: a, 1, 1, 1", "b, 1, 3, 1",
                                             "delete: a, 1, 1, 1", "a, 1, 4, 1"}));
}

TEST(RunningAggregate, MakesAnOverflowTheErrorOfItsRowAlone) {
  const auto node = node_of("k int64, x int64, y int64", {0}, {{"s", "sum(x)"}, {"n", "count(*)"}, {"t", "sum(y)"}});
  const std::string most = std::to_string(std::numeric_limits<std::int64_t>::max());
  const std::vector<InputRow> rows = {
      {{"1", most, "1"}}, {{"1", "1", "1"}}, {{"1", "-5", "1"}}, {{"1", "3", most}}, {{"1", "3", "2"}}};
  const Texts expected = {"1, " + most + ", 1, 1", "update: 1, 9223372036854775802, 2, 2",
                          "update: 1, 9223372036854775805, 3, 4"};
  EXPECT_EQ(in_every_way(node, rows), expected);
}

TEST(RunningAggregate, ReportsRowsWhoseArgumentsOrOutputsFail) {
  const auto node = node_of("k int64, x int64", {0}, {{"s", "sum(10 / x)"}, {"q", "100 / sum(x)"}});
  OperatorDriver driver(registry(), node);
  const std::vector<InputRow> rows = {{{"1", "5"}}, {{"1", "0"}}, {{"1", "-5"}}, {{"1", "2"}}};
  EXPECT_EQ(run(node, rows, 2, -1, false, &driver), (Texts{"1, 2, 20", "update: 1, 5, 50"}));
  EXPECT_EQ(driver.context.fault_codes(), (Texts{"division_by_zero", "division_by_zero"}));
}

TEST(CollectingAggregate, EmitsEachGroupOnceAtTheEnd) {
  const auto node = node_of("k int64, x int64", {0}, {{"s", "sum(x)"}}, "end");
  std::vector<InputRow> rows;
  for (int i = 0; i < 5000; ++i) rows.push_back({{std::to_string(i % 2500), std::to_string(i)}});
  Texts got = in_every_way(node, rows);
  EXPECT_EQ(got.size(), 2500u);
  EXPECT_NE(std::find(got.begin(), got.end(), "7, 2514"), got.end());
}

TEST(CollectingAggregate, HasAResultOverNothingWithoutKeys) {
  EXPECT_EQ(in_every_way(node_of("x int64", {}, {{"n", "count(*)"}, {"s", "sum(x)"}}, "end"), {}), Texts{"0, null"});
  EXPECT_EQ(in_every_way(node_of("k int64", {0}, {{"n", "count(*)"}}, "end"), {}), Texts{});
}

TEST(CollectingAggregate, EmitsWhatChangedEveryWhile) {
  auto node = node_of("k string, x int64", {0}, {{"s", "sum(x)"}}, "every");
  node.plan.params.set("emit_every", std::int64_t{1'000'000});
  node.plan.params.set("emit_retractions", true);
  OperatorDriver driver(registry(), node);
  driver.process({{{"a", "1"}}, {{"b", "2"}}, {{"a", "3"}}});
  ASSERT_TRUE(driver.context.record.wake_at);
  const base::Micros due = *driver.context.record.wake_at;
  driver.timer(due - 1);
  EXPECT_TRUE(driver.context.rows().empty());
  driver.timer(due);
  EXPECT_EQ(driver.context.rows(), (Texts{"a, 4", "b, 2"}));
  driver.timer(due + 1'000'000);
  EXPECT_EQ(driver.context.rows().size(), 2u) << "nothing changed, nothing comes";
  driver.process({{{"b", "5"}}});
  driver.flush();
  EXPECT_EQ(driver.context.rows(), (Texts{"a, 4", "b, 2", "retract: b, 2", "update: b, 7"}));
}

/// After a restart all groups are looked at for those that changed, which was one step, however many they were.
TEST(CollectingAggregate, LooksForWhatChangedBeforeARestartInSmallSteps) {
  auto node = node_of("k int64", {0}, {{"n", "count(*)"}}, "every");
  node.plan.params.set("emit_every", std::int64_t{1'000'000});
  const base::Micros due = support::FakeWorld().now + 1'000'000;
  const api::Restored restored{{{{"due", std::to_string(due)}, {"time", "0"}}}, 0, 1};
  OperatorDriver driver(registry(), node, {.restored = &restored});
  std::vector<InputRow> rows;
  for (int k = 0; k < 40'000; ++k) rows.push_back({{std::to_string(k)}});
  driver.process_cut(rows, 1000);
  driver.timer(due);
  EXPECT_GE(driver.interruptions, 3);
  EXPECT_EQ(driver.context.rows().size(), rows.size());
  const int before = std::exchange(driver.interruptions, 0);
  driver.process({{{"1"}}});
  driver.timer(due + 2'000'000);
  EXPECT_EQ(driver.interruptions, 0) << "once, and not " << before << " times each while";
  EXPECT_EQ(driver.context.rows().back(), "update: 1, 2");
}

TEST(Aggregates, HaveTheValuesTheFunctionTableNames) {
  const std::vector<InputRow> rows = {
      {{"1", "30", "x"}}, {{"2", "20", "z"}}, {{"3", "10", "y"}}, {{"null", "0", "null"}}};
  const std::vector<topology::NamedText> outputs = {{"a", "count(*)"},
                                                    {"b", "count(x)"},
                                                    {"c", "count(distinct x)"},
                                                    {"d", "sum(x)"},
                                                    {"e", "min(x)"},
                                                    {"f", "max(t)"},
                                                    {"g", "avg(x)"},
                                                    {"h", "stddev(x)"},
                                                    {"i", "first(t)"},
                                                    {"j", "last(x)"},
                                                    {"k", "min_by(x, y)"},
                                                    {"l", "max_by(t, x)"},
                                                    {"m", "list(t)"},
                                                    {"n", "list(x)"},
                                                    {"o", "approx_distinct(t)"},
                                                    {"p", "percentile(x, 0.5)"},
                                                    {"q", "count(*) filter (where x > 1)"},
                                                    {"r", "min(t)"},
                                                    {"s", "sum(cast(x as float64)) / count(*)"}};
  const auto node = node_of("x int64, y int64, t string", {}, outputs, "end");
  EXPECT_EQ(in_every_way(node, rows),
            Texts{"4, 3, 3, 6, 1, z, 2, 1, x, 3, null, y, [x, z, y], [1, 2, 3], 3, 2, 2, x, 1.5"});
}

TEST(Aggregates, RefuseToTakeRowsBackWhereTheyCannot) {
  auto node = node_of("x int64", {}, {{"f", "first(x)"}});
  node.plan.params.set("retract_input", true);
  OperatorDriver driver(registry(), node);
  ASSERT_TRUE(driver.refused);
  EXPECT_EQ(driver.refused->code, "updates_refused");
}

TEST(Aggregates, EstimateManyDistinctValuesAndPercentiles) {
  std::vector<InputRow> rows;
  for (int i = 0; i < 60'000; ++i) rows.push_back({{std::to_string(i % 20'000)}});
  const auto node = node_of("x int64", {}, {{"d", "approx_distinct(x)"}, {"p", "percentile(x, 0.9)"}}, "end");
  const Texts got = run(node, rows, 1000, -1, false);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_NEAR(std::stod(got[0]), 20'000, 20'000 * 0.05);
  EXPECT_NEAR(std::stod(got[0].substr(got[0].find(", ") + 2)), 18'000, 18'000 * 0.011);
}

/// Of `penstock functions`: over the values x = 1, 2, 3, null; y = 30, 20, 10, 0.
TEST(Aggregates, EveryExampleGivesItsResult) {
  const std::vector<InputRow> rows = {{{"1", "30"}}, {{"2", "20"}}, {{"3", "10"}}, {{"null", "0"}}};
  for (const topology::Function& function : topology::aggregate_functions()) {
    const auto node = node_of("x int64, y int64", {}, {{"r", std::string(function.example)}}, "end");
    EXPECT_EQ(in_every_way(node, rows), Texts{std::string(function.example_result)}) << function.example;
  }
}

/// Rows with their changes, and the result at the end.
TEST(Aggregates, TakeBackWhatWasUpdated) {
  const std::vector<InputRow> rows = {{{"1"}},
                                      {{"5"}},
                                      {{"5"}, 0, 0, Change::kRetract},
                                      {{"9"}, 0, 0, Change::kUpdate},
                                      {{"2"}},
                                      {{"1"}, 0, 0, Change::kDelete}};
  const std::pair<const char*, const char*> cases[] = {
      {"count(*)", "2"}, {"count(x)", "2"}, {"count(distinct x)", "2"}, {"sum(x)", "11"},
      {"min(x)", "2"},   {"max(x)", "9"},   {"avg(x)", "5.5"},          {"sum(x) filter (where x > 4)", "9"}};
  for (const auto& [call, result] : cases) {
    auto node = node_of("x int64", {}, {{"r", call}}, "end");
    node.plan.params.set("retract_input", true);
    EXPECT_EQ(in_every_way(node, rows), Texts{result}) << call;
  }
}

}  // namespace
}  // namespace penstock::operators
