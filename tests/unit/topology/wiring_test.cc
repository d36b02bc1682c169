/// How many tasks, how rows are spread over them, which nodes share one; what sinks promise.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/topology/loaded_plan.h"

namespace penstock::topology {
namespace {

const std::string kCounts =
    "  big: {from: rides, filter: fare > 3}\n  n: {from: big, key_by: [city], aggregate: {n: count(*)}}\n";

LoadOptions parallel(int tasks) {
  LoadOptions options;
  options.parallelism = tasks;
  return options;
}

TEST(Wiring, PutsALineOfNodesIntoOneTask) {
  const Plan plan = loaded(around(kCounts, {"n"}));
  EXPECT_EQ(chains(plan), "rides big n out0");
  EXPECT_EQ(edge_to(plan, "n").partitioning, Partitioning::kForward);
  EXPECT_TRUE(edge_to(plan, "n").chained);
}

TEST(Wiring, MaySeparateKeyedEdges) {
  LoadOptions options;
  options.chain_keyed_edges = false;
  const Plan plan = loaded(around(kCounts, {"n"}), options);
  EXPECT_EQ(chains(plan), "rides big | n out0");
  EXPECT_EQ(edge_to(plan, "n").partitioning, Partitioning::kHash);
}

TEST(Wiring, HashesByKeyAndRebalancesElsewhere) {
  const Plan plan = loaded(around(kCounts, {"n"}), parallel(3));
  EXPECT_EQ(chains(plan), "rides big | n | out0");
  EXPECT_EQ(edge_to(plan, "n").partitioning, Partitioning::kHash);
  EXPECT_EQ(edge_to(plan, "n").key, std::vector<int>{0});
  EXPECT_EQ(edge_to(plan, "out0").partitioning, Partitioning::kRebalance);
  EXPECT_EQ(node(plan, "n").parallelism, 3);
  EXPECT_EQ(node(plan, "out0").parallelism, 1);
}

TEST(Wiring, OwnParallelismStandsAboveEveryDefault) {
  const std::string text =
      around("  big: {from: rides, filter: fare > 3, parallelism: 2}\n", {"big"}, "parallelism: 4\n");
  EXPECT_EQ(node(loaded(text), "rides").parallelism, 4);
  EXPECT_EQ(node(loaded(text), "big").parallelism, 2);
  EXPECT_EQ(node(loaded(text, parallel(3)), "rides").parallelism, 3);
  EXPECT_EQ(node(loaded(text, parallel(3)), "big").parallelism, 2);
}

TEST(Wiring, WhatCountsAllRowsHasOneTask) {
  const Plan plan = loaded(around("  few: {from: rides, limit: 3}\n  slow: {from: rides, throttle: 3/s}\n"
                                  "  all: {from: rides, aggregate: {n: count(*)}}\n",
                                  {"few", "slow", "all"}),
                           parallel(3));
  for (const char* name : {"few", "slow", "all"}) EXPECT_EQ(node(plan, name).parallelism, 1) << name;
}

TEST(Wiring, AMergedNodeBeginsAChain) {
  const Plan plan =
      loaded(around("  a: {from: rides, filter: fare > 3}\n  m: {from: [rides, a], filter: id > 1}\n", {"m"}));
  EXPECT_EQ(chains(plan), "rides a | m out0");
  EXPECT_EQ(
      std::count_if(plan.edges.begin(), plan.edges.end(), [](const PlanEdge& edge) { return edge.to_input == 1; }), 1);
}

TEST(Wiring, PassesUpdatesOnInAsManyTasksAsMadeThem) {
  const Plan plan = loaded(around("  n: {from: rides, key_by: [city], aggregate: {n: count(*)}, parallelism: 2}\n"
                                  "  f: {from: n, filter: n > 1}\n",
                                  {"f"}),
                           parallel(3));
  EXPECT_EQ(node(plan, "f").parallelism, 2);
  EXPECT_EQ(edge_to(plan, "f").partitioning, Partitioning::kForward);
}

Delivery delivery_of_sink(const std::string& sink, const std::string& source = "file: {path: in.txt}") {
  const Plan plan = loaded("penstock: 1\nname: test\nsources:\n  s: {" + source +
                           ", format: text}\nsinks:\n  out: {from: s, " + sink + "}\n");
  return node(plan, "out").delivery;
}

TEST(DeliveryRules, AssumeTheBestThatASinkCanKeep) {
  EXPECT_EQ(delivery_of_sink("file: {path: out/}"), Delivery::kExactlyOnce);
  EXPECT_EQ(delivery_of_sink("file: {path: out.txt}"), Delivery::kExactlyOnce);
  EXPECT_EQ(delivery_of_sink("stdout: {}"), Delivery::kAtLeastOnce);
  EXPECT_EQ(delivery_of_sink("file: {path: out.txt}", "file: {path: in.txt, follow: true}"), Delivery::kAtLeastOnce);
  EXPECT_EQ(delivery_of_sink("file: {path: out/}", "file: {path: in.txt, follow: true}"), Delivery::kExactlyOnce);
}

TEST(DeliveryRules, DoWhatTheSinkSays) {
  EXPECT_EQ(delivery_of_sink("file: {path: out/}, delivery: at_least_once"), Delivery::kAtLeastOnce);
  EXPECT_EQ(delivery_of_sink("stdout: {}, delivery: at_most_once", "stdin: {}"), Delivery::kAtMostOnce);
}

TEST(Notes, TellWhatWasAssumed) {
  const Plan plan = loaded(around("  idle: {from: rides, filter: fare > 3}\n", {"rides"}));
  std::vector<std::string> codes;
  for (const Diagnostic& note : plan.notes) codes.push_back(note.code);
  EXPECT_NE(std::find(codes.begin(), codes.end(), "unread"), codes.end());
  EXPECT_NE(std::find(codes.begin(), codes.end(), "delivery"), codes.end());
}

/// The note on the path from `rides` to `out`.
std::string delivery_note(const std::string& sink, const std::string& source = "file: {path: in.txt}") {
  const Plan plan = loaded("penstock: 1\nname: test\nsources:\n  rides: {" + source +
                           ", format: text}\nsinks:\n  out: {from: rides, " + sink + "}\n");
  for (const Diagnostic& note : plan.notes)
    if (note.code == "delivery") return note.message;
  return {};
}

TEST(Notes, SayWhatHoldsOnEachPathAndWhatLimitsIt) {
  using ::testing::HasSubstr;
  EXPECT_THAT(delivery_note("file: {path: out/}"),
              HasSubstr("exactly_once from 'rides' to 'out', also when something"));
  EXPECT_THAT(delivery_note("stdout: {}"), HasSubstr("at_least_once from 'rides' to 'out', also when something fails, "
                                                     "because of 'out'"));
  EXPECT_THAT(delivery_note("file: {path: out/}", "stdin: {}"),
              HasSubstr("may be lost when something fails, because of "
                        "'rides': standard input cannot"));
  EXPECT_THAT(delivery_note("file: {path: out/}", "stdin: {}, journal: true"), HasSubstr("exactly_once from 'rides'"));
  EXPECT_THAT(delivery_note("stdout: {}, delivery: at_most_once"), HasSubstr("or never"));
  EXPECT_EQ(delivery_note("discard: {}"), "");
}

TEST(DeliveryRules, AJournalMakesItPossible) {
  EXPECT_EQ(delivery_of_sink("file: {path: out/}, delivery: exactly_once", "stdin: {}, journal: true"),
            Delivery::kExactlyOnce);
}

TEST(PlanText, NamesNodesKeysAndTasks) {
  const Plan plan = loaded(around(kCounts, {"n"}), parallel(2));
  const std::string text = plan_as_text(plan);
  for (const char* part : {"(hash by city)", "city: string, n: int64!", "rides, big", "x2"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_NE(plan_as_dot(plan).find("digraph \"test\""), std::string::npos);
  EXPECT_NE(plan_as_json(plan).find("\"partitioning\": \"hash\""), std::string::npos);
}

}  // namespace
}  // namespace penstock::topology
