#include "runtime/coordinator/placement.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/runtime/coordinator/plans.h"

namespace penstock::coordinator {
namespace {

PlaceableWorker worker(const std::string& name, int slots = 1) { return {name, {}, slots, 0}; }

std::vector<PlaceableWorker> three() { return {worker("w3"), worker("w1"), worker("w2")}; }

/// "w1/0 w2/0 | w1/1": worker and executor of each instance, chain by chain.
std::string shown(const base::Result<Placement>& placement) {
  if (!placement) return placement.error().code + ": " + placement.error().text;
  std::string text;
  for (const auto& chain : placement->tasks) {
    if (!text.empty()) text += " |";
    for (const TaskPlace& task : chain)
      text += (text.empty() ? "" : " ") + placement->workers[static_cast<std::size_t>(task.worker)].name + "/" +
              std::to_string(task.executor);
  }
  return text;
}

TEST(Placement, GivesEachOfEqualWorkersOneInstance) {
  const auto plan = keyed_plan(3);  // rides | n | out: 3, 3 and 1 tasks.
  EXPECT_EQ(shown(place(plan, three())), "w1/0 w2/0 w3/0 | w1/0 w2/0 w3/0 | w1/0");
}

TEST(Placement, DoesNotDependOnTheOrderOfWorkers) {
  const auto plan = keyed_plan(3);
  EXPECT_EQ(shown(place(plan, {worker("w1"), worker("w2"), worker("w3")})), shown(place(plan, three())));
}

TEST(Placement, UsesAllSlotsBeforeOneTwice) {
  EXPECT_EQ(shown(place(keyed_plan(4), {worker("a", 2), worker("b", 2)})), "a/0 b/0 a/1 b/1 | a/0 b/0 a/1 b/1 | a/0");
  EXPECT_EQ(shown(place(keyed_plan(3), {worker("a", 2)})), "a/0 a/1 a/0 | a/1 a/0 a/1 | a/0");
}

TEST(Placement, SpreadsByShareOfSlots) {
  const auto placement = place(keyed_plan(6), {worker("a", 2), worker("b", 4)});
  ASSERT_TRUE(placement);
  std::map<int, int> count;
  for (const TaskPlace& task : placement->tasks[1]) ++count[task.worker];
  EXPECT_EQ(count, (std::map<int, int>{{0, 2}, {1, 4}}));
  std::set<std::pair<int, int>> used;
  for (const TaskPlace& task : placement->tasks[1]) used.insert({task.worker, task.executor});
  EXPECT_EQ(used.size(), 6U);
}

TEST(Placement, NeverDiffersFromTheShareByMoreThanOne) {
  for (int a = 1; a <= 5; ++a)
    for (int b = 1; b <= 5; ++b)
      for (int tasks = 2; tasks <= 12; ++tasks) {
        const auto placement = place(keyed_plan(tasks), {worker("a", a), worker("b", b)});
        ASSERT_TRUE(placement);
        double on_a = 0;
        for (const TaskPlace& task : placement->tasks[1])
          on_a += placement->workers[static_cast<std::size_t>(task.worker)].name == "a" ? 1 : 0;
        EXPECT_LE(std::abs(on_a - 1.0 * tasks * a / (a + b)), 1.0) << a << " and " << b << " slots, " << tasks;
      }
}

TEST(Placement, SpreadsSingleTasksWhereThereIsLeastToDo) {
  EXPECT_EQ(shown(place(keyed_plan(1, false), three())), "w1/0 | w2/0");
  auto busy = three();
  busy[1].tasks = 5;  // w1
  EXPECT_EQ(shown(place(keyed_plan(1, false), busy)), "w2/0 | w3/0");
}

TEST(Placement, KeepsBothEndsOfAForwardEdgeTogether) {
  const auto plan = merged_plan(1);  // rides a | m out, the second fed one to one by two edges.
  EXPECT_EQ(shown(place(plan, three())), "w1/0 | w1/0");
  EXPECT_EQ(shown(place(merged_plan(2), three())), "w1/0 w2/0 | w1/0 w2/0");
}

TEST(Placement, HoldsANodeToItsWorkers) {
  const auto by_name = keyed_plan(2, true, "  n: {workers: [w2, w3]}\n");
  EXPECT_EQ(shown(place(by_name, three())), "w1/0 w2/0 | w3/0 w2/0 | w1/0");
  auto labelled = three();
  labelled[0].labels = {{"zone", "core"}};  // w3
  const auto by_label = keyed_plan(2, true, "  n: {label: {zone: core}}\n");
  EXPECT_EQ(shown(place(by_label, labelled)), "w1/0 w2/0 | w3/0 w3/0 | w1/0");
}

TEST(Placement, TakesThoseOfTheNamedWorkersThatAreThere) {
  EXPECT_EQ(shown(place(keyed_plan(2, true, "  n: {workers: [w9, w2]}\n"), three())), "w1/0 w2/0 | w2/0 w2/0 | w3/0");
}

TEST(Placement, LetsTheUnplacedFollowThePlaced) {
  const auto plan = merged_plan(2, "  m: {workers: w3}\n");
  EXPECT_EQ(shown(place(plan, three())), "w3/0 w3/0 | w3/0 w3/0");
}

TEST(Placement, CrossesWorkersOnAForwardEdgeBetweenPlacementsThatDiffer) {
  const auto plan = merged_plan(2, "  rides: {workers: w1}\n  m: {workers: w3}\n");
  EXPECT_EQ(shown(place(plan, three())), "w1/0 w1/0 | w3/0 w3/0");
}

TEST(Placement, SaysWhatCannotBePlacedAndWhatToDo) {
  EXPECT_EQ(shown(place(keyed_plan(1), {})),
            "cannot_place: node 'rides' cannot be placed: there is no worker that takes tasks; start one: penstock "
            "worker --coordinator ADDRESS");
  EXPECT_EQ(shown(place(keyed_plan(2, true, "  n: {workers: edge-1}\n"), three())),
            "cannot_place: node 'n' cannot be placed: its placement asks for edge-1, which is not here (workers that "
            "take tasks: w1, w2, w3); start it: penstock worker --name edge-1; or change `placement` in the topology");
  EXPECT_EQ(shown(place(keyed_plan(2, true, "  n: {label: {zone: core}}\n"), three())),
            "cannot_place: node 'n' cannot be placed: no worker has what its placement asks for, zone=core (workers "
            "that take tasks: w1, w2, w3); start one: penstock worker --label KEY=VALUE; or change `placement` in the "
            "topology");
}

TEST(Placement, LeavesOutWorkersAndExecutorsThatGetNothing) {
  const auto placement = place(keyed_plan(2), {worker("a", 8), worker("b", 8), worker("c", 8)});
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->workers, (std::vector<PlacedWorker>{{"a", 2}, {"b", 2}, {"c", 1}}));
  const auto one = place(keyed_plan(1, false), {worker("a", 8)});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->workers, (std::vector<PlacedWorker>{{"a", 2}}));
}

}  // namespace
}  // namespace penstock::coordinator
