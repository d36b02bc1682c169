#include "runtime/coordinator/job_checkpoints.h"

#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

class JobCheckpoints : public PlayedCluster {
 protected:
  JobCheckpoints() {
    store_ = "file:///store";
    state_.timing.lease = 1'000 * kSecond;  // Nobody is silent here.
  }
};

TEST_F(JobCheckpoints, BeginEveryIntervalAndArePublishedOnlyOnceTheirManifestIsDurable) {
  run_on_two();
  pass(kSecond - 1);
  EXPECT_EQ(directives(), "");
  pass(1);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 1 w2#1:CHECKPOINT 1");
  beats("w1", 1, {with_snapshots(1, 3)});
  EXPECT_EQ(latest<WriteManifest>(), nullptr);
  beats("w2", 1, {with_snapshots(1, 2)});
  EXPECT_EQ(directives(), "");
  const auto* write = latest<WriteManifest>();
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->store, "file:///store");
  EXPECT_EQ(write->manifest->job(), "test-1");
  EXPECT_EQ(write->manifest->epoch(), 1U);
  EXPECT_EQ(write->manifest->attempt(), 1U);
  EXPECT_EQ(write->manifest->snapshots_size(), 5);
  EXPECT_EQ(write->manifest->chains_size(), 3);
  EXPECT_EQ(write->manifest->nodes_size(), 3);  // What rides, n and out remember.
  writes_manifest();
  EXPECT_EQ(directives(), "w1#1:PUBLISH 1 w2#1:PUBLISH 1");
  beats("w1", 1, {with_snapshots(1, 3, 1)});
  pass(200'000);
  EXPECT_EQ(directives(), "w2#1:PUBLISH 1");
}

TEST_F(JobCheckpoints, AreNotCollectedBeforeEveryTaskOfAWorkerHasItsSnapshot) {
  run_on_two();
  pass(kSecond);
  beats("w1", 1, {with_snapshots(1, 2)});
  beats("w2", 1, {with_snapshots(1, 2)});
  EXPECT_EQ(latest<WriteManifest>(), nullptr);
  beats("w1", 1, {with_snapshots(1, 3)});
  EXPECT_NE(latest<WriteManifest>(), nullptr);
}

TEST_F(JobCheckpoints, GiveWayToTheNextWhenATaskFailsToSave) {
  run_on_two();
  pass(kSecond);
  proto::JobReport report = with_snapshots(1, 3);
  report.mutable_snapshots(1)->mutable_error()->set_code("disk_full");
  report.mutable_snapshots(1)->mutable_error()->set_text("no space left");
  beats("w1", 1, {report});
  EXPECT_NE(log().find("checkpoint 1 is given up, the job goes on: worker 'w1': no space left [disk_full]"),
            std::string::npos);
  beats("w2", 1, {with_snapshots(1, 2)});
  EXPECT_EQ(latest<WriteManifest>(), nullptr);
  pass(kSecond);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 2 w2#1:CHECKPOINT 2");
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
}

TEST_F(JobCheckpoints, AreGivenUpWhenTheManifestCannotBeWritten) {
  run_on_two();
  pass(kSecond);
  beats("w1", 1, {with_snapshots(1, 3)});
  beats("w2", 1, {with_snapshots(1, 2)});
  writes_manifest(base::Error{"disk_full", "no space left", {}, false, {}});
  EXPECT_EQ(directives(), "");
  EXPECT_TRUE(job().checkpoints.kept.empty());
  pass(kSecond);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 2 w2#1:CHECKPOINT 2");
}

TEST_F(JobCheckpoints, SayTheSameReasonOnceOnly) {
  run_on_two();
  for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
    pass(kSecond);
    beats("w2", 1, {in(proto::RUNNING)});
    proto::JobReport report = with_snapshots(epoch, 3);
    report.mutable_snapshots(0)->mutable_error()->set_code("disk_full");
    beats("w1", 1, {report});
  }
  const std::string text = log();
  EXPECT_EQ(text.find("is given up"), text.rfind("is given up"));
}

TEST_F(JobCheckpoints, AreLetGoOldestFirstWhenThereAreMoreThanAreToBeKept) {
  run_on_two();
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) complete(epoch);
  EXPECT_TRUE(latest<RemoveCheckpoints>()->checkpoints.empty());
  complete(4);
  const auto* remove = latest<RemoveCheckpoints>();
  ASSERT_EQ(remove->checkpoints.size(), 1U);
  EXPECT_EQ(remove->checkpoints[0], std::pair(std::uint64_t{1}, 1U));
  EXPECT_EQ(remove->unfinished_below, 4U);
  EXPECT_EQ(job().checkpoints.kept.size(), 3U);
}

TEST_F(JobCheckpoints, StayAsLongAsASinkHasNotPublishedThem) {
  run_on_two();
  for (std::uint64_t epoch = 1; epoch <= 6; ++epoch) {
    pass(kSecond);
    beats("w1", 1, {with_snapshots(epoch, 3, epoch - 1)});
    beats("w2", 1, {with_snapshots(epoch, 2, 0)});  // Publishes nothing.
    writes_manifest();
    EXPECT_TRUE(latest<RemoveCheckpoints>()->checkpoints.empty());
  }
  EXPECT_EQ(job().checkpoints.kept.size(), 6U);
}

TEST_F(JobCheckpoints, EndTheJobOnceTheLastOneIsPublishedEverywhere) {
  run_on_two();
  const auto drained = [&](proto::JobReport report) {
    report.set_drained(true);
    return report;
  };
  beats("w1", 1, {drained(in(proto::RUNNING))});
  EXPECT_EQ(directives(), "");
  beats("w2", 1, {drained(in(proto::RUNNING))});
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 1 w2#1:CHECKPOINT 1");
  beats("w1", 1, {drained(with_snapshots(1, 3))});
  beats("w2", 1, {drained(with_snapshots(1, 2))});
  EXPECT_TRUE(latest<WriteManifest>()->manifest->last());
  writes_manifest();
  beats("w1", 1, {drained(with_snapshots(1, 3, 1))});
  EXPECT_EQ(directives(), "");
  beats("w2", 1, {drained(with_snapshots(1, 2, 1))});
  EXPECT_EQ(directives(), "w1#1:FINISH w2#1:FINISH");
  both(proto::ENDED);
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::FINISHED);
}

TEST_F(JobCheckpoints, LeaveTheNewestOfAJobThatIsOver) {
  run_on_two();
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) complete(epoch);
  cancels("1");
  beats("w1", 1, {in(proto::RELEASED)});
  beats("w2", 1, {in(proto::RELEASED)});
  ASSERT_EQ(job_state(), proto::CANCELLED);
  const auto* remove = latest<RemoveCheckpoints>();
  ASSERT_EQ(remove->checkpoints.size(), 2U);
  EXPECT_EQ(remove->checkpoints[1].first, 2U);
  EXPECT_FALSE(remove->all);
}

TEST_F(JobCheckpoints, RunTheirCycleWithoutAStoreToo) {
  store_.clear();
  run_on_two();
  pass(kSecond);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 1 w2#1:CHECKPOINT 1");
  beats("w1", 1, {with_snapshots(1, 3)});
  beats("w2", 1, {with_snapshots(1, 2)});
  EXPECT_EQ(latest<WriteManifest>(), nullptr);
  EXPECT_EQ(directives(), "w1#1:PUBLISH 1 w2#1:PUBLISH 1");
}

TEST_F(JobCheckpoints, EndAJobThatStopsWithOneFromWhichAnotherCanGoOn) {
  run_on_two();
  complete(1);
  EXPECT_EQ(stops("1", false).done().text(), "job 1 'test' is stopping: it takes a last checkpoint");
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 2 w2#1:CHECKPOINT 2");
  beats("w1", 1, {with_snapshots(2, 3, 1)});
  beats("w2", 1, {with_snapshots(2, 2, 1)});
  writes_manifest();
  EXPECT_EQ(directives(), "w1#1:PUBLISH 2 w2#1:PUBLISH 2");
  beats("w1", 1, {with_snapshots(2, 3, 2)});
  EXPECT_EQ(job_state(), proto::STOPPING);
  beats("w2", 1, {with_snapshots(2, 2, 2)});
  EXPECT_EQ(job_state(), proto::STOPPING);
  EXPECT_EQ(directives(), "w1#1:CANCEL w2#1:CANCEL");
  EXPECT_TRUE(sent_to("w1#1")->directive().for_good());
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::STOPPED);
  EXPECT_EQ(job().checkpoints.kept.back().epoch(), 2U);
  EXPECT_FALSE(job().checkpoints.kept.back().last());
  EXPECT_NE(log().find("penstock submit FILE --from 1"), std::string::npos);
}

/// Whoever looks into the store later may find it there, and wants what its sinks had staged.
TEST_F(JobCheckpoints, SinksKeepWhatTheyHaveStagedWhileAManifestIsBeingWritten) {
  run_on_two();
  complete(1);
  beats("w1", 1, {with_snapshots(1, 3, 1)});
  beats("w2", 1, {with_snapshots(1, 2, 1)});
  pass(kSecond);
  beats("w1", 1, {with_snapshots(2, 3, 1)});
  beats("w2", 1, {with_snapshots(2, 2, 1)});
  const auto* write = latest<WriteManifest>();
  ASSERT_NE(write, nullptr);
  const ManifestWritten written{write->job, write->manifest, std::nullopt};
  cancels("1");
  ASSERT_NE(sent_to("w1#1"), nullptr);
  EXPECT_FALSE(sent_to("w1#1")->directive().for_good());
  happens(written);
  const auto* removed = latest<RemoveCheckpoints>();
  ASSERT_NE(removed, nullptr);
  pass(kSecond);
  ASSERT_NE(sent_to("w1#1"), nullptr);
  EXPECT_TRUE(sent_to("w1#1")->directive().for_good()) << "it is removed";
}

/// Behind that sinks forget what they have shown; whoever found the checkpoint without a word would show it again.
TEST_F(JobCheckpoints, AreMarkedAsThoseOfAFinishedJobBeforeAnybodyLetsGo) {
  run_on_two();
  collects_the_last();
  writes_manifest();
  beats("w1", 1, {drained(with_snapshots(1, 3, 1), proto::ENDED)});
  beats("w2", 1, {drained(with_snapshots(1, 2, 1), proto::ENDED)});
  EXPECT_EQ(directives(), "");
  const auto* note = latest<NoteFinished>();
  ASSERT_NE(note, nullptr);
  EXPECT_EQ(note->identity, "test-1");
  happens(FinishNoted{1});
  EXPECT_EQ(directives(), "w1#1:RELEASE w2#1:RELEASE");
}

TEST_F(JobCheckpoints, ThatAreUnderWayWhenAJobIsToldToStopAreNotTheLast) {
  run_on_two();
  pass(kSecond);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 1 w2#1:CHECKPOINT 1");
  stops("1", false);
  beats("w1", 1, {with_snapshots(1, 3)});
  beats("w2", 1, {with_snapshots(1, 2)});
  writes_manifest();
  EXPECT_EQ(directives(), "w1#1:PUBLISH 1 w1#1:CHECKPOINT 2 w2#1:PUBLISH 1 w2#1:CHECKPOINT 2");
}

TEST_F(JobCheckpoints, LetAJobThatStopsDrainWhenItIsTold) {
  run_on_two();
  stops("1", false);
  stops("1", true);
  EXPECT_EQ(directives().substr(0, 9), "w1#1:STOP");
}

}  // namespace
}  // namespace penstock::coordinator
