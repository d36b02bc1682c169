#include "tools/penstock/placement_text.h"

#include <gtest/gtest.h>

#include "tools/penstock/planned_workers.h"
#include "topology/loader.h"

namespace penstock::tools {
namespace {

using coordinator::PlaceableWorker;

constexpr const char* kTopology = R"(penstock: 1
name: placed
parallelism: 2
sources:
  n: {generate: {count: 9}, fields: {i: i, k: "i % 3"}}
operators:
  big: {from: n, filter: "i > 1"}
  counts: {from: big, key_by: [k], aggregate: {c: count(*)}}
sinks:
  out: {from: counts, discard: {}}
placement:
  out: {workers: [b]}
)";

topology::Plan plan() { return std::get<topology::Plan>(topology::load(kTopology, {})); }

std::string fault_in(const char* text) {
  const auto workers = planned_workers(text, 4);
  return workers ? "none"
                 : workers.error().code + ": " + workers.error().text.substr(0, workers.error().text.find(';'));
}

TEST(PlannedWorkers, ANumberMakesThatMany) {
  const auto workers = planned_workers("3", 4);
  ASSERT_TRUE(workers);
  ASSERT_EQ(workers->size(), 3U);
  EXPECT_EQ((*workers)[2].name, "worker-3");
  EXPECT_EQ((*workers)[2].slots, 4);
}

TEST(PlannedWorkers, NamesHaveSlotsAndLabels) {
  const auto workers = planned_workers("a,edge-1:2,b:3:zone=core:rack=", 4);
  ASSERT_TRUE(workers);
  EXPECT_EQ((*workers)[0].slots, 4);
  EXPECT_EQ((*workers)[1].slots, 2);
  using Labels = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ((*workers)[2].labels, (Labels{{"zone", "core"}, {"rack", ""}}));
}

TEST(PlannedWorkers, SaysWhatIsWrong) {
  EXPECT_EQ(fault_in("0"), "bad_workers: 0 is no number of workers from 1 to 1024");
  EXPECT_EQ(fault_in("99999999999999999999"),
            "bad_workers: 99999999999999999999 is no number of workers from 1 to 1024");
  EXPECT_EQ(fault_in(""), "bad_workers: '' is no name of a worker");
  EXPECT_EQ(fault_in("a,,b"), "bad_workers: '' is no name of a worker");
  EXPECT_EQ(fault_in("a b"), "bad_workers: 'a b' is no name of a worker");
  EXPECT_EQ(fault_in("a:4:2"), "bad_workers: '2' of worker 'a' is neither a number of slots nor KEY=VALUE");
  EXPECT_EQ(fault_in("a:=x"), "bad_workers: '=x' of worker 'a' is neither a number of slots nor KEY=VALUE");
  EXPECT_EQ(fault_in("a,b,a"), "bad_workers: 'a' is there twice");
}

TEST(PlacementText, ShowsWhatRunsWhereAndWhatCrosses) {
  const auto placement = coordinator::place(plan(), *planned_workers("a:2,b:2", 1));
  ASSERT_TRUE(placement) << placement.error().text;
  EXPECT_EQ(placement_as_text(plan(), *placement),
            "placement\n"
            "  worker  executor  tasks\n"
            "  a              0  n+big[0]\n"
            "  b              0  n+big[1] counts+out[1]\n"
            "                 1  counts+out[0]\n"
            "  channels: 4, 2 of them between workers\n");
}

TEST(PlacementText, SaysTheSameAsJson) {
  const auto placement = coordinator::place(plan(), *planned_workers("a:2,b:2", 1));
  const auto json = placement_as_json(plan(), *placement);
  EXPECT_EQ(json["workers"][1].dump(),
            R"({"worker":"b","executors":2,"tasks":[{"chain":0,"nodes":["n","big"],"instance":1,"executor":0},)"
            R"({"chain":1,"nodes":["counts","out"],"instance":1,"executor":0},)"
            R"({"chain":1,"nodes":["counts","out"],"instance":0,"executor":1}]})");
  EXPECT_EQ(json["channels_between_workers"], 2);
}

}  // namespace
}  // namespace penstock::tools
