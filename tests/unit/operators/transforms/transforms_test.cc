#include <gtest/gtest.h>

#include "operators/transforms/register.h"
#include "tests/support/operator_driver.h"

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

/// The ways in which a run may be cut and the output refused; whatever is emitted must be the same.
struct Way {
  std::size_t run;
  int room;
  bool gaps;
};
const std::vector<Way> kWays = {{1000, -1, false}, {1, -1, false}, {0, -1, true}, {1, 1, true}, {0, 1, false}};

struct Outcome {
  Texts rows, failed;
  std::uint64_t passed, filtered, absorbed, dropped;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome(const TestNode& node, const std::vector<InputRow>& rows, const Way& way, int port = 0) {
  OperatorDriver driver(registry(), node);
  EXPECT_FALSE(driver.refused) << driver.refused->text;
  driver.room = way.room;
  driver.with_gaps = way.gaps;
  driver.process_cut(rows, way.run);
  driver.flush();
  const auto& counters = driver.counters();
  Outcome made{driver.context.rows(port), driver.context.fault_codes(), counters.passed.get(),
               counters.filtered.get(),   counters.absorbed.get(),      counters.dropped.get()};
  EXPECT_EQ(rows.size(), made.passed + made.filtered + made.absorbed + made.dropped + made.failed.size());
  return made;
}

/// The outcome, which every way must share.
Outcome in_every_way(const TestNode& node, const std::vector<InputRow>& rows, int port = 0) {
  const Outcome first = outcome(node, rows, kWays[0], port);
  for (const Way& way : kWays) {
    const Outcome other = outcome(node, rows, way, port);
    EXPECT_EQ(other.rows, first.rows) << "runs of " << way.run << ", room " << way.room << ", gaps " << way.gaps;
    EXPECT_EQ(other.failed, first.failed);
    EXPECT_TRUE(other == first);
  }
  return first;
}

std::vector<InputRow> rows_of(const std::vector<std::vector<std::string>>& cells) {
  std::vector<InputRow> rows;
  for (const auto& row : cells) rows.push_back({row});
  return rows;
}

TEST(Filter, PassesRowsForWhichTheConditionIsTrueNotNull) {
  TestNode node("filter", "a int64, b string");
  node.output("a int64, b string").plan.params.set("condition", node.expression("a > 1"));
  const auto got = in_every_way(node, rows_of({{"1", "x"}, {"2", "y"}, {"null", "z"}, {"3", "null"}}));
  EXPECT_EQ(got.rows, (Texts{"2, y", "3, null"}));
  EXPECT_EQ(got.filtered, 2u);
}

TEST(Filter, TurnsOneSideOfAnUpdateIntoADeleteOrAnInsert) {
  TestNode node("filter", "a int64");
  node.output("a int64").plan.params.set("condition", node.expression("a > 1"));
  const std::vector<InputRow> rows = {{{"5"}},
                                      {{"5"}, 0, 0, Change::kRetract},
                                      {{"0"}, 0, 0, Change::kUpdate},
                                      {{"0"}, 0, 0, Change::kRetract},
                                      {{"7"}, 0, 0, Change::kUpdate},
                                      {{"7"}, 0, 0, Change::kRetract},
                                      {{"8"}, 0, 0, Change::kUpdate}};
  EXPECT_EQ(in_every_way(node, rows).rows, (Texts{"5", "delete: 5", "7", "retract: 7", "update: 8"}));
}

TEST(Map, ComputesAndReportsRowsThatFail) {
  TestNode node("map", "a int64, b int64");
  node.output("q int64, a int64").fields("fields", {{"q", "a / b"}, {"a", "a"}});
  const auto got = in_every_way(node, rows_of({{"6", "3"}, {"1", "0"}, {"7", "null"}, {"8", "2"}}));
  EXPECT_EQ(got.rows, (Texts{"2, 6", "null, 7", "4, 8"}));
  EXPECT_EQ(got.failed, Texts{"division_by_zero"});
}

TEST(Add, PassesTheInputsFieldsAndReplacesInPlace) {
  TestNode node("add", "a int64, b string");
  node.output("a int64, b string, c int64").fields("fields", {{"a", "a * 2"}, {"c", "length(b)"}});
  EXPECT_EQ(in_every_way(node, rows_of({{"1", "xyz"}, {"2", "null"}})).rows, (Texts{"2, xyz, 3", "4, null, null"}));
}

TEST(Drop, PassesTheRest) {
  TestNode node("drop", "a int64, b string, c bool");
  node.output("a int64, c bool");
  EXPECT_EQ(in_every_way(node, rows_of({{"1", "x", "true"}, {"2", "y", "null"}})).rows, (Texts{"1, true", "2, null"}));
}

TEST(FlatMap, MakesARowPerElementAndRepeatsTheOthers) {
  TestNode node("flat_map", "id int64, line string");
  node.output("id int64, word string").fields("fields", {{"word", "split(line, ' ')"}});
  std::vector<InputRow> rows = rows_of({{"1", "a b c"}, {"2", "null"}, {"3", "d"}});
  std::string many = "w0";
  Texts expected = {"1, a", "1, b", "1, c", "3, d"};
  for (int i = 1; i < 3000; ++i) many += " w" + std::to_string(i);
  rows.push_back({{"4", many}});
  for (int i = 0; i < 3000; ++i) expected.push_back("4, w" + std::to_string(i));
  const auto got = in_every_way(node, rows);
  EXPECT_EQ(got.rows, expected);
  EXPECT_EQ(got.passed, 4u);
}

TEST(Split, SendsEachRowToItsFirstRoute) {
  TestNode node("split", "a int64");
  node.port(topology::kFirstRoute, "a int64").port(topology::kFirstRoute + 1, "a int64");
  node.fields("routes", {{"big", "10 / a > 3"}, {"even", "a % 2 = 0"}});
  const auto rows = rows_of({{"1"}, {"2"}, {"0"}, {"4"}, {"5"}, {"null"}});
  const auto big = in_every_way(node, rows, topology::kFirstRoute);
  EXPECT_EQ(big.rows, (Texts{"1", "2"}));
  EXPECT_EQ(big.failed, Texts{"division_by_zero"});
  EXPECT_EQ(big.dropped, 2u);
  EXPECT_EQ(in_every_way(node, rows, topology::kFirstRoute + 1).rows, Texts{"4"});
}

TEST(Split, ElseTakesTheRest) {
  TestNode node("split", "a int64");
  node.port(topology::kFirstRoute, "a int64").port(topology::kFirstRoute + 1, "a int64");
  node.fields("routes", {{"big", "a > 3"}, {"rest", ""}});
  EXPECT_EQ(in_every_way(node, rows_of({{"5"}, {"1"}, {"null"}}), topology::kFirstRoute + 1).rows,
            (Texts{"1", "null"}));
}

TEST(Limit, PassesTheFirstRowsOnly) {
  TestNode node("limit", "a int64");
  node.output("a int64").plan.params.set("count", std::int64_t{3});
  EXPECT_EQ(in_every_way(node, rows_of({{"1"}, {"2"}, {"3"}, {"4"}, {"5"}})).rows, (Texts{"1", "2", "3"}));
}

TEST(Sample, TakesAboutItsFractionAndTheSameRowsEachTime) {
  TestNode node("sample", "a int64");
  node.output("a int64").plan.params.set("fraction", 0.25);
  std::vector<InputRow> rows;
  for (int i = 0; i < 4000; ++i) rows.push_back({{std::to_string(i)}});
  const auto got = in_every_way(node, rows);
  EXPECT_NEAR(static_cast<double>(got.rows.size()), 1000, 120);
}

TEST(Throttle, LetsRowsThroughAtItsRateAndDropsNone) {
  TestNode node("throttle", "a int64");
  node.output("a int64").plan.params.set("rate", 100.0);
  OperatorDriver driver(registry(), node);
  std::vector<InputRow> rows;
  for (int i = 0; i < 50; ++i) rows.push_back({{std::to_string(i)}});
  const base::Micros start = driver.context.world.now;
  const auto& run = driver.fill(rows, false);
  api::Step step = driver.op().process(0, run, driver.context);
  while (step == api::Step::kBlocked) {
    ASSERT_TRUE(driver.context.record.wake_at);
    ASSERT_GT(*driver.context.record.wake_at, driver.context.world.now);
    driver.context.world.now = *std::exchange(driver.context.record.wake_at, std::nullopt);
    step = driver.op().resume(driver.context);
  }
  ASSERT_EQ(driver.context.rows().size(), 50u);
  EXPECT_NEAR(static_cast<double>(driver.context.world.now - start), 490'000, 2000);
}

/// Replays a Ctrl-C that took minutes: a thousand rows were let through at two a second.
TEST(Throttle, LetsGoOfWhatItHoldsWhenTheJobIsAskedToStop) {
  TestNode node("throttle", "a int64");
  node.output("a int64").plan.params.set("rate", 1.0);
  OperatorDriver driver(registry(), node);
  std::vector<InputRow> rows;
  for (int i = 0; i < 50; ++i) rows.push_back({{std::to_string(i)}});
  const auto& run = driver.fill(rows, false);
  ASSERT_EQ(driver.op().process(0, run, driver.context), api::Step::kBlocked);
  driver.context.world.stopping = true;
  EXPECT_EQ(driver.op().resume(driver.context), api::Step::kDone);
  EXPECT_EQ(driver.context.rows().size(), 50u);
}

/// It stood still until the clock had caught up.
TEST(Throttle, KeepsToItsRateWhenTheClockIsSetBack) {
  TestNode node("throttle", "a int64");
  node.output("a int64").plan.params.set("rate", 100.0);
  OperatorDriver driver(registry(), node);
  const std::vector<InputRow> rows(20, InputRow{{"1"}});
  const auto& run = driver.fill(rows, false);
  ASSERT_EQ(driver.op().process(0, run, driver.context), api::Step::kBlocked);
  const base::Micros back = driver.context.world.now -= 3'600'000'000;
  api::Step step = api::Step::kBlocked;
  for (int waits = 0; step == api::Step::kBlocked && waits < 100; ++waits) {
    driver.context.record.wake_at.reset();
    step = driver.op().resume(driver.context);
    if (driver.context.record.wake_at) driver.context.world.now = *driver.context.record.wake_at;
  }
  EXPECT_EQ(driver.context.rows().size(), 20u);
  EXPECT_NEAR(static_cast<double>(driver.context.world.now - back), 190'000, 15'000);
}

}  // namespace
}  // namespace penstock::operators
