/// What a job is said to have been interrupted by, when several tell of it, in whatever order.
#include "runtime/coordinator/recovery.h"
#include "tests/unit/runtime/coordinator/recovery_fixture.h"

namespace penstock::coordinator {
namespace {

/// Workers take down what failed before they tell of it, so the others' broken connections are often heard of first.
TEST_F(JobRecovery, NamesWhatAWorkerSaysOfItsOwnEndRatherThanWhatOthersNoticedOfIt) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  proto::JobReport own = failed("state_sync_failed");
  own.mutable_error()->set_restart_helps(true);
  beats("w2", 1, {own});
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_NE(log().find("the cause: what state_sync_failed means [state_sync_failed]"), std::string::npos) << log();
  EXPECT_EQ(job().recovery.cause->code(), "state_sync_failed");
  EXPECT_EQ(job().recovery.cause->where(), "worker w2");
}

TEST_F(JobRecovery, LearnsTheCauseFromAWorkerThatTellsOfItWhenTheNextAttemptHasBegun) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(job().attempt, 2U);
  proto::JobReport own = failed("state_sync_failed");
  own.mutable_error()->set_restart_helps(true);
  beats("w2", 1, {own, in(proto::ASSIGNED, 1, 2)});
  beats("w2", 1, {own, in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(job().recovery.cause->code(), "state_sync_failed");
  const std::string told = "the cause: ";
  const auto at = log().find(told);
  EXPECT_NE(at, std::string::npos) << log();
  EXPECT_EQ(log().find(told, at + 1), std::string::npos) << "once: " << log();
}

TEST_F(JobRecovery, LearnsTheCauseFromAWorkerThatHasLetGoBeforeItCouldTell) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  proto::JobReport own = failed("state_sync_failed");
  own.mutable_error()->set_restart_helps(true);
  own.set_phase(proto::RELEASED);
  beats("w2", 1, {own});
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(job().recovery.cause->code(), "state_sync_failed");
}

/// Its phase follows when all it had open is closed; it is never told that it may go on until then.
TEST_F(JobRecovery, TakesTheErrorOfAWorkerThatIsStillTakingDownItsPart) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  proto::JobReport own = failed("state_damaged");
  own.set_phase(proto::RUNNING);
  beats("w2", 1, {own});
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_EQ(cause(), "state_damaged: what state_damaged means");
}

TEST_F(JobRecovery, CountsAFailureOnceThatIsToldBeforeItsPhase) {
  run_on_two();
  proto::JobReport own = failed("state_sync_failed");
  own.mutable_error()->set_restart_helps(true);
  own.set_phase(proto::RUNNING);
  beats("w2", 1, {own});
  own.set_phase(proto::FAILED);
  beats("w2", 1, {own});
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(job().recovery.count.restarts, 1U);
}

TEST_F(JobRecovery, NamesWhatIsKnownOfEarlierTimesWhenItGivesUpAndOnlyHearsay) {
  run_on_two();
  for (std::uint32_t attempt = 1; !job().ending.cause; ++attempt) {
    ASSERT_EQ(job().attempt, attempt) << log();
    beats("w1", 1, {peer_lost("w2", attempt)});
    proto::JobReport own = failed("disk_full");
    own.mutable_error()->set_restart_helps(true);
    own.set_attempt(attempt);
    beats("w2", 1, {own});
    pass(10 * kSecond);
    beats("w1", 1, {in(proto::ASSIGNED, 1, attempt + 1)});
    beats("w2", 1, {in(proto::ASSIGNED, 1, attempt + 1)});
  }
  EXPECT_NE(cause().find("the last time: what disk_full means [disk_full]"), std::string::npos) << cause();
}

/// Frozen and replaced, it meets the next attempt's marks; that is how it should be, and no end of the job.
TEST_F(JobRecovery, IsNotEndedByWhatAWorkerMetAfterItHadBeenReplaced) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(job().attempt, 2U);
  beats("w2", 1, {failed("fenced")});
  EXPECT_EQ(job_state(), proto::RECOVERING);
  EXPECT_EQ(job().recovery.cause->code(), "peer_lost");
}

TEST_F(JobRecovery, DoesNotTakeAFailureOfAnEarlierAttemptForThatOfTheLast) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  beats("w2", 1, {in(proto::RUNNING)});
  beats("w1", 1, {in(proto::RUNNING), peer_lost("w2", 2)});
  beats("w2", 1, {in(proto::RUNNING), in(proto::ASSIGNED, 1, 2)});
  pass(kSecond);  // The second interruption in a row.
  EXPECT_EQ(job().attempt, 3U);
  proto::JobReport late = failed("state_sync_failed");
  late.mutable_error()->set_restart_helps(true);
  beats("w2", 1, {late, in(proto::ASSIGNED, 1, 2)});
  EXPECT_EQ(job_state(), proto::RECOVERING);
  EXPECT_EQ(job().recovery.cause->code(), "peer_lost");
}

TEST_F(JobRecovery, DoesNotRepeatWhatIsTheUsersToMend) {
  run_on_two();
  beats("w1", 1, {peer_lost("w2")});
  beats("w2", 1, {failed("bad_row")});
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_EQ(cause(), "bad_row: what bad_row means");
}

}  // namespace
}  // namespace penstock::coordinator
