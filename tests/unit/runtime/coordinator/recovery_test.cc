#include "runtime/coordinator/recovery.h"

#include "tests/unit/runtime/coordinator/recovery_fixture.h"

namespace penstock::coordinator {
namespace {

TEST_F(JobRecovery, BeginsTheNextAttemptOnTheSurvivorsInTheMomentInWhichAWorkerIsLost) {
  run_on_two();
  complete(1);
  breaks("w2");
  EXPECT_EQ(directives(), "w1#1:CANCEL w1#1:ASSIGN");
  const proto::Directive& assign = sent_to("w1#1")->directive();
  EXPECT_EQ(assign.attempt(), 2U);
  EXPECT_EQ(assign.assignment().tasks_size(), 5);
  EXPECT_EQ(assign.assignment().checkpoints().job(), "test-1");
  EXPECT_EQ(assign.assignment().checkpoints().token(), "token");
  EXPECT_EQ(assign.assignment().checkpoints().restore().epoch(), 1U);
  EXPECT_EQ(job_state(), proto::RECOVERING);
}

TEST_F(JobRecovery, BeginsFromTheBeginningWhenNoCheckpointIsComplete) {
  run_on_two();
  breaks("w2");
  EXPECT_FALSE(sent_to("w1#1")->directive().assignment().checkpoints().has_restore());
  EXPECT_NE(log().find("attempt 2 from the beginning"), std::string::npos);
}

TEST_F(JobRecovery, OpensChannelsOnlyWhenNothingIsLeftOfTheOldAttempt) {
  run_on_two();
  breaks("w2");
  beats("w1", 1, {in(proto::RUNNING), in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(directives(), "");
  pass(200'000);
  EXPECT_EQ(directives(), "w1#1:CANCEL");
  beats("w1", 1, {in(proto::RELEASED), in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(directives(), "w1#1:CONNECT");
}

/// The frames with which its tasks ended may have been lost, and nobody would send them again.
TEST_F(JobRecovery, BeginsAnewWhenAConnectionBreaksBehindTheEndOfAPartAndItsOtherEndStillRuns) {
  run_on_two();
  complete(1);
  proto::JobReport ended = in(proto::ENDED);
  ended.set_lost_peer("w2");
  beats("w1", 1, {ended});
  EXPECT_EQ(job_state(), proto::RECOVERING);
  EXPECT_NE(log().find("whose tasks have ended, to worker 'w2' broke [peer_lost]"), std::string::npos) << log();
}

TEST_F(JobRecovery, LeavesAConnectionAloneThatBreaksWhenAllHaveEnded) {
  run_on_two();
  complete(1);
  beats("w2", 1, {in(proto::ENDED)});
  proto::JobReport ended = in(proto::ENDED);
  ended.set_lost_peer("w2");
  beats("w1", 1, {ended});
  EXPECT_EQ(log().find("interrupted"), std::string::npos) << log();
}

TEST_F(JobRecovery, TakesAnOldAttemptThatIsNoLongerNamedForGone) {
  run_on_two();
  breaks("w2");
  beats("w1", 1, {in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(directives(), "w1#1:CONNECT");
}

TEST_F(JobRecovery, RunsAgainAndGoesOnWithNewCheckpointNumbers) {
  run_on_two();
  complete(1);
  pass(kSecond);  // 2 has begun.
  breaks("w2");
  alone("w1", 2);
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 3");
  beats("w1", 1, {with_snapshots(3, 5, 0, 2)});
  EXPECT_EQ(latest<WriteManifest>()->manifest->attempt(), 2U);
  writes_manifest();
  EXPECT_EQ(directives(), "w1#1:PUBLISH 3");
}

TEST_F(JobRecovery, AsksForACheckpointAsSoonAsTheReplayHasCaughtUp) {
  run_on_two();
  proto::JobReport before = in(proto::RUNNING);
  before.add_nodes()->set_rows_out(300);  // Of the source.
  beats("w1", 1, {before});
  complete(1);
  proto::JobReport ahead = with_snapshots(1, 3, 1);
  ahead.add_nodes()->set_rows_out(500);
  beats("w1", 1, {ahead});
  breaks("w2");
  alone("w1", 2);
  EXPECT_EQ(directives(), "");
  proto::JobReport again = in(proto::RUNNING, 1, 2);
  again.add_nodes()->set_rows_out(300);  // The count comes back with the checkpoint.
  beats("w1", 1, {again});
  EXPECT_EQ(directives(), "");
  again.mutable_nodes(0)->set_rows_out(499);
  beats("w1", 1, {again});
  EXPECT_EQ(directives(), "");
  again.mutable_nodes(0)->set_rows_out(500);
  beats("w1", 1, {again});
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 2");
}

TEST_F(JobRecovery, AsksForNoCheckpointBeforeAReplayThatWasInterruptedHasCaughtUp) {
  run_on_two();
  complete(1);
  const auto runs = [](std::uint64_t rows, std::uint32_t attempt) {
    proto::JobReport report = in(proto::RUNNING, 1, attempt);
    report.add_nodes()->set_rows_out(rows);
    return report;
  };
  beats("w1", 1, {runs(500, 1)});
  breaks("w2");
  join({"w3"});
  alone("w1", 2);
  beats("w1", 1, {runs(100, 2)});
  proto::JobReport broken = failed("bad_frame");
  broken.set_attempt(2);
  broken.mutable_error()->set_restart_helps(true);
  beats("w1", 1, {broken});
  state_.workers.erase("w3");
  pass(kSecond);
  alone("w1", 3);
  beats("w1", 1, {runs(100, 3)});
  EXPECT_EQ(directives(), "");
  beats("w1", 1, {runs(500, 3)});
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 2");
}

TEST_F(JobRecovery, UsesASpareWorker) {
  join({"w1", "w2"});
  submits();
  for (const auto phase : {proto::ASSIGNED, proto::CONNECTED, proto::RUNNING}) both(phase);
  join({"w3"});
  breaks("w2");
  EXPECT_EQ(directives(), "w1#1:CANCEL w1#1:ASSIGN w3#1:ASSIGN");
}

TEST_F(JobRecovery, WaitsForALostWorkerWhereSomebodyStartsItAgain) {
  state_.timing.replacement = 2 * kSecond;
  run_on_two();
  complete(1);
  breaks("w2");
  EXPECT_EQ(directives(), "w1#1:CANCEL");
  registers("w2", 2);
  beats("w2", 2);
  EXPECT_EQ(directives(), "w1#1:CANCEL w1#1:ASSIGN w2#2:ASSIGN");
}

TEST_F(JobRecovery, GoesOnWithoutALostWorkerThatNobodyHasStartedInTime) {
  state_.timing.replacement = 2 * kSecond;
  run_on_two();
  breaks("w2");
  pass(2 * kSecond - 1);
  EXPECT_EQ(job().attempt, 1U);
  pass(1);
  EXPECT_EQ(job().attempt, 2U);
}

TEST_F(JobRecovery, WaitsForAWorkerWhenNobodyCanTakeATaskAndSaysSo) {
  join({"w1", "w2"});
  submits(2, 0, "  n: {workers: w2}\n");
  for (const auto phase : {proto::ASSIGNED, proto::CONNECTED, proto::RUNNING}) both(phase);
  breaks("w2");
  EXPECT_EQ(directives(), "w1#1:CANCEL");
  EXPECT_EQ(job_state(), proto::RECOVERING);
  EXPECT_NE(log().find("waits for a worker: node 'n' cannot be placed"), std::string::npos);
  beats("w1", 1, {in(proto::RELEASED)});
  for (int i = 0; i < 1000; ++i) {
    pass(200'000);
    beats("w1", 1);
  }
  EXPECT_EQ(job_state(), proto::RECOVERING);
  registers("w2", 2);
  beats("w2", 2);
  EXPECT_EQ(directives(), "w1#1:ASSIGN w2#2:ASSIGN");
}

TEST_F(JobRecovery, TakesASecondLossWhileItStartsAgainForOrdinary) {
  join({"w1", "w2", "w3"});
  submits(3);
  beats("w1", 1, {in(proto::ASSIGNED)});
  breaks("w3");
  EXPECT_EQ(job().attempt, 2U);
  breaks("w2");
  EXPECT_EQ(job().attempt, 3U);
  EXPECT_EQ(directives(), "w1#1:CANCEL w1#1:ASSIGN");
  EXPECT_EQ(job_state(), proto::RECOVERING);
}

TEST_F(JobRecovery, WaitsToHearOfAWorkerWhoseConnectionBrokeBeforeItPlacesTasksThere) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  EXPECT_EQ(job().attempt, 1U);
  EXPECT_NE(sent_to("w2#1"), nullptr);
  breaks("w2");
  EXPECT_EQ(directives(), "w1#1:CANCEL w1#1:ASSIGN");
  EXPECT_EQ(job().recovery.cause->code(), "worker_lost");
}

TEST_F(JobRecovery, StartsOnAllOfThemAgainWhenOnlyAConnectionBroke) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(directives(), "w1#1:CANCEL w2#1:CANCEL w1#1:ASSIGN w2#1:ASSIGN");
}

TEST_F(JobRecovery, GivesUpWhenItFailsAgainAndAgainWithoutGettingFurther) {
  join({"w1"});
  submits(1);
  alone("w1", 1);
  std::vector<base::Micros> pauses;
  for (std::uint32_t attempt = 1; job_state() == proto::JOB_RUNNING; ++attempt) {
    proto::JobReport report = failed("bad_frame");
    report.set_attempt(attempt);
    report.mutable_error()->set_restart_helps(true);
    report.mutable_error()->set_where("clicks.json@4711");
    beats("w1", 1, {report});
    const base::Micros began = now_;
    while (job().attempt == attempt && job_state() == proto::RECOVERING) {
      pass(50'000);
      beats("w1", 1, {report});
    }
    pauses.push_back(now_ - began);
    if (job_state() == proto::RECOVERING) alone("w1", attempt + 1);
  }
  EXPECT_EQ(pauses, (std::vector<base::Micros>{0, 500'000, 1'000'000, 2'000'000, 4'000'000, 0}));
  EXPECT_EQ(job().ending.cause->code(), "restarts_without_progress");
  EXPECT_NE(cause().find("clicks.json@4711"), std::string::npos);
  EXPECT_NE(cause().find("penstock submit --from 1"), std::string::npos);
}

TEST_F(JobRecovery, BeginsToCountAnewOnceItHasGotFurther) {
  run_on_two();
  for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) complete(epoch);
  state_.jobs.at(1).recovery.count.in_a_row = kMostFailuresInARow;
  breaks("w2");
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(job().recovery.count.in_a_row, 1U);
}

TEST_F(JobRecovery, LeavesOutAWorkerThatHungWithTheJob) {
  join({"w1", "w2"});
  submits();
  for (int i = 0; i < 310; ++i) {
    pass(200'000);
    if (job().attempt > 1) break;
    beats("w1", 1, {in(proto::ASSIGNED)});
    beats("w2", 1, {in(proto::PHASE_UNKNOWN)});
  }
  EXPECT_EQ(job().attempt, 2U);
  ASSERT_EQ(job().parts.size(), 1U);
  EXPECT_EQ(job().parts[0].worker, "w1");
}

TEST_F(JobRecovery, RunsWithoutRecoveryWhenAWorkerCannotSeeTheStore) {
  join({"w1", "w2"});
  submits();
  beats("w2", 1, {failed("store_not_shared")});
  EXPECT_EQ(job().attempt, 1U);
  beats("w1", 1, {in(proto::ASSIGNED)});
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_NE(log().find("runs without recovery: w2 cannot see file:///store"), std::string::npos);
  EXPECT_TRUE(sent_to("w1#1")->directive().assignment().checkpoints().store().empty());
  beats("w2", 1, {failed("store_not_shared")});
  EXPECT_NE(job_state(), proto::FAILING);
  breaks("w2");
  EXPECT_EQ(job_state(), proto::FAILING);
}

TEST_F(JobRecovery, NeverGivesUpWhatItRemembersForAWorkerThatCannotSeeTheStore) {
  run_on_two();
  complete(1);
  join({"w3"});
  breaks("w2");
  beats("w3", 1, {[&] {
          proto::JobReport report = failed("store_not_shared");
          report.set_attempt(2);
          return report;
        }()});
  beats("w1", 1, {in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(job().attempt, 3U);
  ASSERT_EQ(job().parts.size(), 1U);
  EXPECT_EQ(job().parts[0].worker, "w1");
  EXPECT_EQ(job().checkpoints.restore->epoch(), 1U);
  EXPECT_FALSE(job().checkpoints.place.store.empty());
}

/// What sources with a journal have taken in lies there too.
TEST_F(JobRecovery, NeverGivesUpTheStoreOfAJobThatHasRunWithoutACheckpointYet) {
  run_on_two();
  join({"w3"});
  breaks("w2");
  ASSERT_EQ(job().attempt, 2U);
  proto::JobReport report = failed("store_not_shared");
  report.set_attempt(2);
  beats("w3", 1, {report});
  beats("w1", 1, {in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(job().attempt, 3U);
  EXPECT_FALSE(job().checkpoints.place.store.empty());
  EXPECT_EQ(log().find("runs without recovery"), std::string::npos);
}

TEST_F(JobRecovery, IsNotLookedAtAllTheTimeWhileItWaitsForAWorker) {
  run_on_two();
  breaks("w1");
  breaks("w2");
  pass(kSecond);
  ASSERT_EQ(job_state(), proto::RECOVERING);
  EXPECT_GT(next_due(state_), now_);
}

TEST_F(JobRecovery, LeavesOutAWorkerThatCannotSeeTheStoreAlsoWhenExactlyOnceIsAskedFor) {
  run_on_two();
  complete(1);
  auto plan = std::make_shared<topology::Plan>(*job().work.plan);
  for (auto& node : plan->nodes) {
    node.delivery = topology::Delivery::kExactlyOnce;
    node.delivery_asked = true;
  }
  state_.jobs.at(1).work.plan = plan;
  join({"w3"});
  breaks("w2");
  proto::JobReport report = failed("store_not_shared");
  report.set_attempt(2);
  beats("w3", 1, {report});
  beats("w1", 1, {in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(job().attempt, 3U);
  EXPECT_FALSE(job().ending.cause);
}

TEST_F(JobRecovery, GivesUpWithPausesWhenNobodySeesTheStoreAnyMore) {
  run_on_two();
  complete(1);
  proto::JobReport report = failed("bad_frame");
  report.mutable_error()->set_restart_helps(true);
  beats("w1", 1, {report});
  const base::Micros began = now_;
  for (int i = 0; i < 1000 && job_state() == proto::RECOVERING; ++i) {
    report = failed("store_not_shared");
    report.set_attempt(job().attempt);
    for (const char* worker : {"w1", "w2"}) beats(worker, 1, {report});
    pass(50'000);
  }
  ASSERT_TRUE(job().ending.cause);
  EXPECT_EQ(job().ending.cause->code(), "restarts_without_progress");
  EXPECT_NE(cause().find("cannot see file:///store, where the checkpoints of this job are"), std::string::npos)
      << cause();
  EXPECT_GT(now_ - began, 5'000'000) << "an attempt every few milliseconds helps nobody";
  EXPECT_LT(job().attempt, 20U);
}

TEST_F(JobRecovery, IsStoppedAsAskedForOnceItRunsAgain) {
  run_on_two();
  complete(1);
  stops("1");
  breaks("w2");
  alone("w1", 2);
  EXPECT_EQ(directives(), "w1#1:STOP w1#1:CHECKPOINT 2");
}

TEST_F(JobRecovery, CanBeCancelledWhileItWaits) {
  run_on_two();
  breaks("w2");
  cancels("1");
  EXPECT_EQ(job_state(), proto::CANCELLING);
  beats("w1", 1, {in(proto::RELEASED, 1, 1), in(proto::RELEASED, 1, 2)});
  EXPECT_EQ(job_state(), proto::CANCELLED);
}

TEST_F(JobRecovery, CountsACheckpointOfTheInterruptedAttemptWhoseManifestIsJustBeingWritten) {
  join({"w1", "w2"});
  submits(2, 0, "  n: {workers: w2}\n");
  for (const auto phase : {proto::ASSIGNED, proto::CONNECTED, proto::RUNNING}) both(phase);
  pass(kSecond);
  beats("w1", 1, {with_snapshots(1, 2)});
  beats("w2", 1, {with_snapshots(1, 3)});
  ASSERT_NE(latest<WriteManifest>(), nullptr);
  const WriteManifest write = *latest<WriteManifest>();
  breaks("w2");
  happens(ManifestWritten{write.job, write.manifest, std::nullopt});
  EXPECT_EQ(job().checkpoints.kept.size(), 1U);
  registers("w2", 2);
  beats("w2", 2);
  EXPECT_EQ(directives(), "w1#1:CANCEL w1#1:ASSIGN w2#2:ASSIGN");
  EXPECT_EQ(job().checkpoints.restore->epoch(), 1U);
}

TEST_F(JobRecovery, RemovesACheckpointThatIsCompleteOnlyAfterTheNextAttemptHasBegun) {
  run_on_two();
  pass(kSecond);
  beats("w1", 1, {with_snapshots(1, 3)});
  beats("w2", 1, {with_snapshots(1, 2)});
  const WriteManifest write = *latest<WriteManifest>();
  breaks("w2");
  happens(ManifestWritten{write.job, write.manifest, std::nullopt});
  EXPECT_TRUE(job().checkpoints.kept.empty());
  ASSERT_NE(latest<RemoveCheckpoints>(), nullptr);
  EXPECT_EQ(latest<RemoveCheckpoints>()->checkpoints.size(), 1U);
}

}  // namespace
}  // namespace penstock::coordinator
