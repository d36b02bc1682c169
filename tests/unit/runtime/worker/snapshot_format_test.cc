#include "runtime/worker/snapshot_format.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/checkpoint/plan_manifest.h"
#include "runtime/record/key_hash.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/small_plan.h"

namespace penstock::worker {
namespace {

using topology::NodeKind;

constexpr base::Micros kEarly = 100, kLate = 200;

/// numbers, counts by key and a sink; each node is a chain of its own, but for those that are `chained`.
topology::Plan plan_of(int tasks, bool chained) {
  topology::Plan plan;
  plan.nodes.push_back(support::small_node("numbers", NodeKind::kSource, "numbers", tasks));
  plan.nodes.push_back(support::small_node("count", NodeKind::kOperator, "count", tasks));
  plan.nodes.push_back(support::small_node("collect", NodeKind::kSink, "collect", tasks));
  for (int from = 0; from < 2; ++from) {
    topology::PlanEdge& edge = plan.edges.emplace_back();
    edge.from = from;
    edge.to = from + 1;
    edge.chained = chained || from == 1;
  }
  plan.chains = {{{0}, tasks}, {{1, 2}, tasks}};
  if (chained) plan.chains = {{{0, 1, 2}, tasks}};
  return plan;
}

/// ... and 'count' reads from `others` too, so that it heads its chain.
topology::Plan merged(int tasks, const std::vector<std::string>& others) {
  topology::Plan plan = plan_of(tasks, false);
  for (const std::string& name : others) {
    topology::PlanEdge& edge = plan.edges.emplace_back();
    edge.from = static_cast<int>(plan.nodes.size());
    edge.to = 1;
    plan.chains.push_back({{edge.from}, tasks});
    plan.nodes.push_back(support::small_node(name, NodeKind::kSource, "numbers", tasks));
  }
  return plan;
}

/// A checkpoint of two tasks of each chain.
class RestoredJobTest : public testing::Test {
 protected:
  RestoredJobTest() {
    store_ = *checkpoint::open_store(scratch_.path("store"));
    EXPECT_TRUE(store_->begin_job("job"));
    manifest_ = checkpoint::manifest_of(plan_of(2, false), {"job", 1, 1});
  }

  static proto::TaskSnapshot source(std::uint32_t instance, bool flushed, bool read_to_its_end) {
    proto::TaskSnapshot snapshot = task("numbers", instance, flushed, flushed ? kEarly : kLate);
    proto::PartitionState& partition = *snapshot.mutable_nodes(0)->add_partitions();
    partition.set_name("numbers-" + std::to_string(instance));
    partition.set_bounded(true);
    partition.set_ended(read_to_its_end);
    return snapshot;
  }
  /// As source(), of another name.
  static proto::TaskSnapshot another(const std::string& name, std::uint32_t instance, bool flushed, bool ended) {
    proto::TaskSnapshot snapshot = source(instance, flushed, ended);
    snapshot.set_chain(name);
    snapshot.mutable_nodes(0)->set_node(name);
    return snapshot;
  }
  static proto::TaskSnapshot counts(std::uint32_t instance, bool flushed) {
    proto::TaskSnapshot snapshot = task("count", instance, flushed, kLate);
    snapshot.add_nodes()->set_node("collect");
    snapshot.set_first_group(record::first_group(instance, 2));
    snapshot.set_last_group(record::first_group(instance + 1, 2));
    snapshot.add_files()->set_name("table");
    return snapshot;
  }
  void take(const proto::TaskSnapshot& snapshot) {
    const std::string relative =
        checkpoint::epoch_directory(1, 1) + "/" + checkpoint::task_directory(snapshot.chain(), snapshot.instance());
    const auto directory = store_->begin_snapshot("job", relative);
    ASSERT_TRUE(directory);
    const auto handle = store_->put_snapshot("job", relative, snapshot);
    ASSERT_TRUE(handle) << handle.error().text;
    *manifest_.add_snapshots() = *handle;
  }
  base::Result<RestoredJob> load(const topology::Plan& plan) { return RestoredJob::load(*store_, manifest_, plan); }
  /// The code and the text of the refusal.
  std::string refused(const topology::Plan& plan) {
    const auto loaded = load(plan);
    return loaded ? "it goes on" : loaded.error().code + ": " + loaded.error().text;
  }
  RestoredJob restored(const topology::Plan& plan) {
    auto loaded = load(plan);
    EXPECT_TRUE(loaded) << loaded.error().text;
    return std::move(*loaded);
  }

 private:
  static proto::TaskSnapshot task(const std::string& head, std::uint32_t instance, bool flushed,
                                  base::Micros watermark) {
    proto::TaskSnapshot snapshot;
    snapshot.set_epoch(1);
    snapshot.set_attempt(1);
    snapshot.set_chain(head);
    snapshot.set_instance(instance);
    snapshot.set_parallelism(2);
    snapshot.set_flushed(flushed);
    snapshot.set_watermark(watermark);
    snapshot.add_nodes()->set_node(head);
    return snapshot;
  }
  support::ScratchDirectory scratch_;
  std::unique_ptr<checkpoint::CheckpointStore> store_;
  proto::Manifest manifest_;
};

using Names = std::set<std::string, std::less<>>;

TEST_F(RestoredJobTest, APartitionThatOneTaskHasReadToItsEndStaysReadAtAnyNumberOfTasks) {
  take(source(0, true, true));
  take(source(1, false, false));
  take(counts(0, false));
  take(counts(1, false));
  for (const int tasks : {1, 3, 4}) {
    const topology::Plan plan = plan_of(tasks, false);
    const RestoredJob job = restored(plan);
    for (int instance = 0; instance < tasks; ++instance) {
      const auto task = job.task(plan, plan.chains[0], static_cast<std::uint32_t>(instance));
      ASSERT_TRUE(task) << task.error().text;
      EXPECT_FALSE((*task)->flushed);
      EXPECT_EQ((*task)->spent, Names());
      EXPECT_EQ((*task)->watermark, kLate) << "the one that has ended holds nobody back";
      const auto& partitions = (*task)->partitions.at("numbers");
      ASSERT_EQ(partitions.size(), 2u);
      EXPECT_TRUE(partitions[0].ended);
      EXPECT_FALSE(partitions[1].ended);
    }
  }
}

TEST_F(RestoredJobTest, WithAsManyTasksEachGoesOnWhereItWas) {
  take(source(0, true, true));
  take(source(1, false, false));
  const topology::Plan plan = plan_of(2, false);
  const RestoredJob job = restored(plan);
  EXPECT_TRUE((*job.task(plan, plan.chains[0], 0))->flushed);
  EXPECT_EQ((*job.task(plan, plan.chains[0], 0))->watermark, kEarly);
  EXPECT_FALSE((*job.task(plan, plan.chains[0], 1))->flushed);
}

TEST_F(RestoredJobTest, ASourceThatWasToldToStopInOneTaskOnlyGoesOnWithAsMany) {
  take(source(0, true, false));
  take(source(1, false, false));
  EXPECT_TRUE(restored(plan_of(2, false)).task(plan_of(2, false), {{0}, 2}, 0));
  const auto task = restored(plan_of(1, false)).task(plan_of(1, false), {{0}, 1}, 0);
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code, "cannot_rescale");
  EXPECT_NE(task.error().text.find("go on from it at the parallelism it was taken at, 2"), std::string::npos);
}

TEST_F(RestoredJobTest, WhatATaskHasFlushedIsNotAskedForAgain) {
  take(source(0, true, false));
  take(source(1, true, false));
  take(counts(0, true));
  take(counts(1, false));
  const topology::Plan plan = plan_of(3, false);
  const RestoredJob job = restored(plan);
  EXPECT_TRUE((*job.task(plan, plan.chains[0], 2))->flushed);
  EXPECT_FALSE((*job.task(plan, plan.chains[1], 2))->flushed);
  const auto states = job.former_states(plan, plan.chains[1], {});
  ASSERT_EQ(states.size(), 1u);
  EXPECT_TRUE(states[0].directory.ends_with("count-1")) << states[0].directory;
}

/// What is its own alone is gone on from where it is; of any more it would be copied.
TEST_F(RestoredJobTest, ATaskIsGivenTheStateOfItsKeyGroupsOnly) {
  take(counts(0, false));
  take(counts(1, false));
  const auto given = [this](std::uint32_t instance, std::uint32_t tasks) {
    const topology::Plan plan = plan_of(static_cast<int>(tasks), false);
    const state::GroupRange groups{record::first_group(instance, tasks), record::first_group(instance + 1, tasks)};
    std::string names;
    for (const state::FormerState& former : restored(plan).former_states(plan, plan.chains[1], groups))
      names += " " + former.directory.substr(former.directory.rfind('/') + 1);
    return names;
  };
  EXPECT_EQ(given(0, 2), " count-0");
  EXPECT_EQ(given(1, 2), " count-1");
  EXPECT_EQ(given(0, 1), " count-0 count-1");
  EXPECT_EQ(given(1, 3), " count-0 count-1");
  EXPECT_EQ(given(2, 3), " count-1");
}

TEST_F(RestoredJobTest, ATaskIsGivenNoStateWhereNothingOfItGoesOn) {
  take(counts(0, false));
  take(counts(1, false));
  topology::Plan plan = plan_of(2, false);
  plan.nodes[1].verb = "another";
  plan.chains = {{{0}, 2}, {{1}, 2}, {{2}, 2}};
  const RestoredJob job = restored(plan);
  ASSERT_FALSE(job.goes_on("count"));
  EXPECT_TRUE(job.former_states(plan, plan.chains[1], {}).empty());
  EXPECT_EQ(job.former_states(plan, plan.chains[2], {}).size(), 2u);
}

TEST_F(RestoredJobTest, ASourceThatEndedReadsNothingThoughWhatItIsChainedWithNowHasNotFlushed) {
  take(source(0, true, false));
  take(source(1, true, false));
  take(counts(0, true));
  take(counts(1, false));
  const topology::Plan plan = plan_of(1, true);
  const auto task = restored(plan).task(plan, plan.chains[0], 0);
  ASSERT_TRUE(task) << task.error().text;
  EXPECT_FALSE((*task)->flushed);
  EXPECT_EQ((*task)->spent, Names({"numbers"}));
}

TEST_F(RestoredJobTest, ANodeThatFlushedByItselfIsKnownByItsOwnMark) {
  task::TaskImage image;
  image.nodes.resize(2);
  image.nodes[0].node = "count";
  image.nodes[0].flushed = true;
  image.nodes[1].node = "collect";
  take(source(0, true, true));
  take(snapshot_of(image, {"count", 0, 1, {}, nullptr}, 1));
  const topology::Plan plan = plan_of(1, false);
  const auto task = restored(plan).task(plan, plan.chains[1], 0);
  ASSERT_TRUE(task) << task.error().text;
  EXPECT_FALSE((*task)->flushed);
  EXPECT_EQ((*task)->spent, Names({"count"}));
}

/// Rows of the new input were counted as passed, and were in no file; an aggregate took them and gave nothing out.
TEST_F(RestoredJobTest, ANodeThatHadFlushedIsGivenNoInputThatGoesOn) {
  for (const std::uint32_t instance : {0, 1}) {
    take(source(instance, true, true));
    take(another("more", instance, false, false));
    take(counts(instance, true));
  }
  EXPECT_EQ(refused(merged(2, {"more"})),
            "input_had_ended: 'count' had seen the end of its input when this checkpoint was taken, and now reads from "
            "'more', which goes on; give 'count' another name, so that it begins anew, or take 'more' out of its "
            "inputs");
  EXPECT_NE(refused(merged(1, {"more"})).find("now reads from 'more', which goes on"), std::string::npos);
  EXPECT_NE(refused(merged(2, {"yet_more"})).find("now reads from 'yet_more', which is new"), std::string::npos);
  EXPECT_EQ(load(merged(2, {"more"})).error().where, "count");
  topology::Plan renamed = merged(2, {"more"});
  renamed.nodes[1].name = "count_again";
  EXPECT_NE(refused(renamed).find("'collect' had seen the end of its input"), std::string::npos);
  renamed.nodes[2].name = "collect_again";
  EXPECT_TRUE(load(renamed)) << refused(renamed);
}

/// What is chained with it was given its old state, and took all rows for late, or for none of its own.
TEST_F(RestoredJobTest, ANodeThatHadFlushedIsGivenNoInputThatBeginsAnew) {
  for (const std::uint32_t instance : {0, 1}) {
    take(source(instance, true, true));
    take(counts(instance, true));
  }
  for (const int tasks : {1, 2}) {
    for (const bool chained : {true, false}) {
      topology::Plan plan = plan_of(tasks, chained);
      EXPECT_TRUE(load(plan)) << refused(plan);
      plan.nodes[0].verb = "others";
      EXPECT_EQ(refused(plan),
                "input_had_ended: 'count' had seen the end of its input when this checkpoint was taken, and now reads "
                "from 'numbers', which begins anew; give 'count' another name, so that it begins anew");
    }
  }
}

TEST_F(RestoredJobTest, OfANodeThatHadFlushedInSomeTasksNoneIsGivenANewInput) {
  for (const std::uint32_t instance : {0, 1}) {
    take(source(instance, instance == 0, instance == 0));
    take(counts(instance, instance == 0));
  }
  EXPECT_NE(refused(merged(2, {"more"}))
                .find("in some of its tasks when this checkpoint was taken, and now reads from "
                      "'more', which is new"),
            std::string::npos);
  EXPECT_TRUE(load(merged(3, {"more"}))) << "none of its tasks is at its end there";
}

TEST_F(RestoredJobTest, OfANodeThatHadFlushedInSomeTasksNoneIsFedByOtherTasksThanBefore) {
  for (const std::uint32_t instance : {0, 1}) {
    take(source(instance, instance == 0, instance == 0));
    take(counts(instance, instance == 0));
  }
  topology::Plan plan = plan_of(2, false);
  EXPECT_TRUE(load(plan)) << refused(plan);
  plan.nodes[0].parallelism = 3;
  EXPECT_EQ(
      refused(plan),
      "cannot_rescale: 'count' had seen the end of its input in some of its tasks when this checkpoint was taken, "
      "and not in others: go on from it with 'numbers' at the parallelism it was taken at, 2, or with another one "
      "for 'count' too");
  plan.nodes[1].parallelism = plan.nodes[2].parallelism = 3;
  EXPECT_TRUE(load(plan)) << refused(plan);
}

TEST_F(RestoredJobTest, AnUnchangedTopologyGoesOnWhoeverHasFlushed) {
  for (const std::uint32_t instance : {0, 1}) {
    take(source(instance, true, instance == 0));  // The other was told to stop.
    take(another("more", instance, instance == 0, instance == 0));
    take(counts(instance, false));
  }
  for (const int tasks : {1, 2, 3}) {
    EXPECT_TRUE(load(plan_of(tasks, false))) << refused(plan_of(tasks, false));
    EXPECT_TRUE(load(plan_of(tasks, true))) << refused(plan_of(tasks, true));
    EXPECT_TRUE(load(merged(tasks, {"more"}))) << "one of two inputs has ended: " << refused(merged(tasks, {"more"}));
  }
}

TEST_F(RestoredJobTest, AnUnchangedTopologyGoesOnWhereTasksFlushedWithWhatTheyAreChainedTo) {
  for (const std::uint32_t instance : {0, 1}) {
    proto::TaskSnapshot all = source(instance, instance == 0, instance == 0);
    all.add_nodes()->set_node("count");
    all.add_nodes()->set_node("collect");
    take(all);
  }
  for (const int tasks : {1, 2, 3}) EXPECT_TRUE(load(plan_of(tasks, true))) << refused(plan_of(tasks, true));
}

TEST_F(RestoredJobTest, ANodeThatHadFlushedMayReadWhatHasEndedToo) {
  for (const std::uint32_t instance : {0, 1}) {
    take(source(instance, true, false));  // Told to stop.
    take(another("more", instance, true, true));
    take(another("read", instance, false, true));  // To its end, which it has not passed on yet.
    take(another("begun", instance, false, instance == 0));
    take(counts(instance, true));
  }
  for (const int tasks : {1, 2, 3}) {
    EXPECT_TRUE(load(merged(tasks, {"more", "read"}))) << refused(merged(tasks, {"more", "read"}));
    EXPECT_NE(refused(merged(tasks, {"more", "begun"})).find("now reads from 'begun', which goes on"),
              std::string::npos);
  }
}

TEST_F(RestoredJobTest, AnInputIsNamedAsInTheTopology) {
  take(source(0, false, false));
  take(counts(0, true));
  topology::Plan plan = plan_of(1, false);
  plan.nodes[0].ports.push_back({topology::kLatePort, "numbers.late", {}, false, false});
  plan.edges[0].from_port = topology::kLatePort;
  EXPECT_NE(refused(plan).find("now reads from 'numbers.late', which goes on"), std::string::npos);
}

/// `late` and `errors` of a node end when it does.
TEST_F(RestoredJobTest, AnUnchangedTopologyGoesOnWithStreamsOfErrors) {
  take(source(0, true, true));
  take(counts(0, true));
  topology::Plan plan = plan_of(1, false);
  plan.nodes[0].ports.push_back({topology::kErrorsPort, "numbers.errors", {}, false, false});
  topology::PlanEdge& errors = plan.edges.emplace_back();
  errors.from_port = topology::kErrorsPort;
  errors.to = 2;
  EXPECT_TRUE(load(plan)) << refused(plan);
}

}  // namespace
}  // namespace penstock::worker
