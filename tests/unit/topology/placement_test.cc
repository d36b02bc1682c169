/// `placement:` in the plan: who may run where, which nodes still share tasks, how channels are numbered.
#include "tests/unit/topology/loaded_plan.h"
#include "topology/plan_channels.h"

namespace penstock::topology {
namespace {

const std::string kLine =
    "  a: {from: rides, filter: fare > 3}\n  b: {from: a, filter: fare > 4}\n  c: {from: b, filter: fare > 5}\n";

std::string placed(const std::string& placement) { return around(kLine, {"c"}) + "placement:\n" + placement; }

TEST(Placement, IsInThePlanByNameAndByLabel) {
  const Plan plan = loaded(placed("  rides: {workers: [edge-1, edge-2]}\n  c: {label: {zone: core, disk: \"1\"}}\n"));
  EXPECT_EQ(node(plan, "rides").placement->workers, (std::vector<std::string>{"edge-1", "edge-2"}));
  using Labels = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(node(plan, "c").placement->labels, (Labels{{"zone", "core"}, {"disk", "1"}}));
  EXPECT_FALSE(node(plan, "a").placement.has_value());
  EXPECT_NE(plan_as_text(plan).find("on edge-1, edge-2"), std::string::npos);
  EXPECT_NE(plan_as_json(plan).find("\"zone\": \"core\""), std::string::npos);
}

TEST(Placement, PartsAChainOnlyWhereItsNodesMustBeApart) {
  EXPECT_EQ(chains(loaded(placed("  rides: {workers: edge-1}\n"))), "rides a b c out0");
  EXPECT_EQ(chains(loaded(placed("  b: {workers: edge-1}\n"))), "rides a b c out0");
  EXPECT_EQ(chains(loaded(placed("  rides: {workers: edge-1}\n  c: {workers: edge-1}\n"))), "rides a b c out0");
  EXPECT_EQ(chains(loaded(placed("  rides: {workers: edge-1}\n  c: {workers: core}\n"))), "rides a b | c out0");
  EXPECT_EQ(chains(loaded(placed("  a: {workers: edge-1}\n  b: {workers: core}\n  c: {workers: edge-1}\n"))),
            "rides a | b | c out0");
}

TEST(Placement, LeavesARowsWayForwardWhereItPartsAChain) {
  const Plan plan = loaded(placed("  rides: {workers: edge-1}\n  c: {workers: core}\n"));
  EXPECT_EQ(edge_to(plan, "c").partitioning, Partitioning::kForward);
  EXPECT_FALSE(edge_to(plan, "c").chained);
}

TEST(Channels, AreNumberedByEdgeThenSenderThenReceiver) {
  LoadOptions options;
  options.parallelism = 2;
  const Plan plan = loaded(around("  n: {from: rides, key_by: [city], aggregate: {n: count(*)}}\n", {"n"}) +
                               "placement:\n  n: {workers: x}\n",
                           options);
  ASSERT_EQ(chains(plan), "rides | n | out0");
  const auto channels = plan_channels(plan);
  ASSERT_EQ(channels.size(), 6U);  // 2 x 2 by hash, then 2 to the one task of the sink.
  EXPECT_EQ(channels[1].from, (PlanTask{0, 0}));
  EXPECT_EQ(channels[1].to, (PlanTask{1, 1}));
  EXPECT_EQ(channels[2].from, (PlanTask{0, 1}));
  EXPECT_EQ(channels[2].to, (PlanTask{1, 0}));
  EXPECT_EQ(channels[5].from, (PlanTask{1, 1}));
  EXPECT_EQ(channels[5].to, (PlanTask{2, 0}));
}

TEST(Channels, GoOneToOneAlongAForwardEdge) {
  LoadOptions options;
  options.parallelism = 3;
  const Plan plan =
      loaded(around("  a: {from: rides, filter: fare > 3}\n  m: {from: [rides, a], filter: id > 1}\n", {}) +
                 "  out: {from: m, discard: {}}\n",
             options);
  ASSERT_EQ(plan_channels(plan).size(), 6U);
  for (const PlanChannel& channel : plan_channels(plan)) EXPECT_EQ(channel.from.instance, channel.to.instance);
}

}  // namespace
}  // namespace penstock::topology
