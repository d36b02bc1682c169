#include "runtime/coordinator/journal.h"

#include "runtime/coordinator/relearning.h"
#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

/// The coordinator can be killed between any two events, and started anew with what it has written.
class JournalTest : public PlayedCluster {
 protected:
  JournalTest() {
    store_ = "file:///store";
    state_.timing.lease = 1'000 * kSecond;
  }

  void restarts() {
    manifests_.clear();
    for (const auto& [id, job] : state_.jobs)
      if (job.checkpoints.restore) manifests_[id] = *job.checkpoints.restore;
    const State before = std::exchange(state_, {});
    state_.incarnation = 78;
    state_.timing = before.timing;
    const auto plan_of = [](const proto::Submit& submit) -> base::Result<std::shared_ptr<const topology::Plan>> {
      return std::make_shared<const topology::Plan>(penstock::coordinator::plan_of(submit.topology(), 2));
    };
    const auto done = recall(state_, journal_, plan_of, now_, now_);
    ASSERT_TRUE(done) << done.error().text;
    for (auto& [id, job] : state_.jobs)
      if (newest_checkpoint(job)) on_newest_read(job, manifests_.at(id));
  }
  /// The worker finds the new coordinator.
  std::vector<Action>& comes_back(const std::string& name, const std::vector<proto::JobReport>& jobs) {
    registers(name, 1);
    return beats(name, 1, jobs);
  }
  std::map<std::uint64_t, proto::Manifest> manifests_;
};

TEST_F(JournalTest, IsWrittenBeforeAnythingElseOfTheSameDecisionIsDone) {
  join({"w1", "w2"});
  submits();
  ASSERT_FALSE(actions_.empty());
  EXPECT_TRUE(std::holds_alternative<Journal>(actions_.front()));
  beats("w1", 1);
  EXPECT_EQ(latest<Journal>(), nullptr);  // Nothing new.
}

TEST_F(JournalTest, LetsAJobGoOnAsIfNothingHadHappened) {
  run_on_two();
  complete(1);
  restarts();
  EXPECT_EQ(job_state(), proto::RECOVERING);
  comes_back("w1", {with_snapshots(1, 3, 1)});
  EXPECT_EQ(directives(), "");
  comes_back("w2", {with_snapshots(1, 2, 0)});
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  EXPECT_EQ(job().attempt, 1U);
  // The publishing that one of them may not have heard of, and a number that was never given.
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 65 w2#1:PUBLISH 1 w2#1:CHECKPOINT 65");
}

TEST_F(JournalTest, LetsGoOfWhatWasRestoredEvenIfTheOneBeforeNeverSawItRun) {
  run_on_two();
  complete(1);
  happens(PeerUnreachable{"w2#1"});
  alone("w1", 2, proto::CONNECTED);
  restarts();
  comes_back("w1", {in(proto::RUNNING, 1, 2)});
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  ASSERT_EQ(job().checkpoints.kept.size(), 1U);
  EXPECT_TRUE(job().checkpoints.kept.front().published());
  for (const std::uint64_t epoch : {65U, 66U, 67U}) {  // Three are kept.
    beats("w1", 1, {with_snapshots(epoch, 5, epoch - 1, 2)});
    writes_manifest();
    pass(kSecond);
  }
  EXPECT_EQ(job().checkpoints.kept.front().epoch(), 65U);
}

TEST_F(JournalTest, NeverOrdersAPartAwayThatIsAwaited) {
  run_on_two();
  restarts();
  beats("w1", 1, {in(proto::RUNNING)});  // Not registered yet.
  EXPECT_EQ(directives(), "");
  ASSERT_NE(sent_to("w1#1"), nullptr);
  EXPECT_EQ(sent_to("w1#1")->answer().error().code(), "not_registered");
}

TEST_F(JournalTest, GoesOnDeployingWhereItWas) {
  join({"w1", "w2"});
  submits();
  both(proto::ASSIGNED);
  restarts();
  comes_back("w1", {in(proto::CONNECTED)});
  comes_back("w2", {in(proto::ASSIGNED)});
  EXPECT_EQ(directives(), "w2#1:CONNECT");
}

TEST_F(JournalTest, InterruptsAJobOfWhichAPartIsGone) {
  run_on_two();
  complete(1);
  restarts();
  comes_back("w1", {in(proto::RUNNING)});
  registers("w2", 2);
  beats("w2", 2);
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(job().checkpoints.restore->epoch(), 1U);
}

TEST_F(JournalTest, InterruptsAJobWhoseWorkerHasLetGoOfIt) {
  run_on_two();
  restarts();
  comes_back("w1", {});
  comes_back("w2", {in(proto::RUNNING)});
  EXPECT_EQ(job().attempt, 2U);
}

class DeathsInTheJournal : public JournalTest {
 protected:
  /// w2 has died at a row, while a source of w1 was at a record.
  DeathsInTheJournal() {
    run_on_two();
    state_.jobs.at(1).recovery.one_at_a_time_from = 1;
    happens(PeerUnreachable{peer("w2", 1)});
    dies();
  }
  void dies() {
    happens(WorkRead{1,
                     1,
                     "w2",
                     {{1, 0, 0, base::WorkMark::kRows, "", -1, -1, 1, "{\"id\":7}"}},
                     {{0, 0, "clicks.json", 471, true}}});
  }
  std::string deaths() const { return job().recovery.deaths.to_text(); }
};

TEST_F(DeathsInTheJournal, AreStillKnownAndNotCountedAgain) {
  const std::string before = deaths();
  EXPECT_NE(before.find("clicks.json"), std::string::npos);
  restarts();
  EXPECT_EQ(deaths(), before);
  EXPECT_EQ(job().recovery.one_at_a_time_from, 1U);
  dies();
  EXPECT_EQ(deaths(), before);
}

TEST_F(DeathsInTheJournal, AreNoneInOneThatAnOlderCoordinatorWrote) {
  for (auto& [key, value] : journal_) {
    if (!key.ends_with("/state")) continue;
    proto::JournalState state;
    ASSERT_TRUE(state.ParseFromString(value));
    state.clear_deaths();
    state.clear_latest_deaths();
    state.clear_one_at_a_time_from();
    value = state.SerializeAsString();
  }
  restarts();
  EXPECT_EQ(deaths(), "");
  EXPECT_EQ(job().recovery.one_at_a_time_from, 0U);
}

TEST_F(JournalTest, AWorkersDeathMakesOthersTellWhereTheirSourcesWereWhereRowsGoOneAtATime) {
  for (const std::uint32_t from : {0, 1}) {
    state_ = {};
    journal_.clear();
    state_.timing.lease = 1'000 * kSecond;
    run_on_two();
    state_.jobs.at(1).recovery.one_at_a_time_from = from;
    happens(PeerUnreachable{peer("w2", 1)});
    const auto* read = latest<ReadWork>();
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->worker, "w2");
    EXPECT_EQ(read->others, from == 0 ? std::vector<std::string>() : std::vector<std::string>{"w1"});
  }
}

TEST_F(JournalTest, WaitsForAWorkerThatDoesNotComeBackNoLongerThanItSays) {
  run_on_two();
  restarts();
  comes_back("w1", {in(proto::RUNNING)});
  pass(state_.timing.relearn);
  EXPECT_EQ(job().attempt, 2U);
  EXPECT_EQ(job().parts.size(), 1U);
}

TEST_F(JournalTest, TakesCheckpointsAtDoublingDistancesWhenNobodyKnowsHowMuchHasToComeAgain) {
  run_on_two();
  complete(1);
  restarts();
  happens(PeerUnreachable{"w2#1"});
  comes_back("w1", {in(proto::RUNNING)});
  pass(state_.timing.relearn);
  EXPECT_EQ(job().attempt, 2U);
  std::vector<std::pair<base::Micros, std::uint64_t>> begun;
  beats("w1", 1, {in(proto::ASSIGNED, 1, 2)});
  beats("w1", 1, {in(proto::CONNECTED, 1, 2)});
  beats("w1", 1, {in(proto::RUNNING, 1, 2)});
  const base::Micros runs_since = now_;
  for (; now_ - runs_since < 2 * kSecond; pass(50'000)) {
    const std::uint64_t epoch = job().checkpoints.cycle->running();
    if (epoch == 0) continue;
    begun.emplace_back(now_ - runs_since, epoch);
    beats("w1", 1, {with_snapshots(epoch, 5, epoch - 1, 2)});
    writes_manifest();
  }
  using Begun = std::vector<std::pair<base::Micros, std::uint64_t>>;
  EXPECT_EQ(begun, (Begun{{0, 65}, {100'000, 66}, {300'000, 67}, {700'000, 68}, {1'500'000, 69}}));
}

TEST_F(JournalTest, AsksForACheckpointAtOnceWhenItGoesOnRecoveringWhereItWas) {
  run_on_two();
  complete(1);
  happens(PeerUnreachable{"w2#1"});
  restarts();
  comes_back("w1", {in(proto::CONNECTED, 1, 2)});
  EXPECT_EQ(directives(), "w1#1:START");
  beats("w1", 1, {in(proto::RUNNING, 1, 2)});
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 65");
}

TEST_F(JournalTest, NeverGivesANumberTwice) {
  run_on_two();
  pass(kSecond);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 1 w2#1:CHECKPOINT 1");
  restarts();
  comes_back("w1", {in(proto::RUNNING)});
  comes_back("w2", {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 65 w2#1:CHECKPOINT 65");
}

TEST_F(JournalTest, KnowsThatAStopWasAskedFor) {
  run_on_two();
  stops("1");
  restarts();
  comes_back("w1", {in(proto::RUNNING)});
  comes_back("w2", {in(proto::RUNNING)});
  EXPECT_EQ(job_state(), proto::STOPPING);
  EXPECT_EQ(directives().substr(0, 9), "w1#1:STOP");
}

TEST_F(JournalTest, KnowsThatAJobStopsSoThatItCanGoOn) {
  run_on_two();
  stops("1", false);
  restarts();
  comes_back("w1", {in(proto::RUNNING)});
  comes_back("w2", {in(proto::RUNNING)});
  EXPECT_EQ(job_state(), proto::STOPPING);
  EXPECT_EQ(directives(), "w1#1:CHECKPOINT 65 w2#1:CHECKPOINT 65");
}

TEST_F(JournalTest, FinishesWhatWasPublishedToTheEnd) {
  run_on_two();
  collects_the_last();
  writes_manifest();
  restarts();
  comes_back("w1", {drained(with_snapshots(1, 3, 1))});
  comes_back("w2", {drained(with_snapshots(1, 2, 1))});
  EXPECT_EQ(directives(), "w1#1:FINISH w2#1:FINISH");
}

TEST_F(JournalTest, FinishesAJobWithoutAStoreOfWhichAPartHasEndedAlready) {
  store_.clear();
  run_on_two();
  collects_the_last();
  beats("w1", 1, {drained(with_snapshots(1, 3, 1))});
  beats("w2", 1, {drained(with_snapshots(1, 2, 1))});
  ASSERT_EQ(directives(), "w1#1:FINISH w2#1:FINISH");
  restarts();
  comes_back("w1", {drained(with_snapshots(1, 3, 1), proto::ENDED)});
  comes_back("w2", {drained(with_snapshots(1, 2, 1))});
  EXPECT_EQ(directives(), "w2#1:FINISH") << "it had not heard of that, and a part that has ended has no more snapshots";
  beats("w2", 1, {in(proto::ENDED)});
  EXPECT_EQ(directives(), "w1#1:RELEASE w2#1:RELEASE");
}

TEST_F(JournalTest, EndsAJobThatWasBeingReleased) {
  run_on_two();
  both(proto::ENDED);
  restarts();
  comes_back("w1", {});  // Has let go already.
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  comes_back("w2", {in(proto::ENDED)});
  EXPECT_EQ(directives(), "w2#1:RELEASE");
  beats("w2", 1, {in(proto::RELEASED)});
  EXPECT_EQ(job_state(), proto::FINISHED);
}

/// The coordinator before may have died between the two.
TEST_F(JournalTest, NotesThatAJobHasFinishedBeforeItReleasesIt) {
  run_on_two();
  state_.jobs.at(1).checkpoints.kept.emplace_back().set_last(true);
  state_.jobs.at(1).checkpoints.kept.back().set_epoch(1);
  both(proto::ENDED);
  ASSERT_NE(latest<NoteFinished>(), nullptr);
  const std::uint64_t epoch = job().checkpoints.kept.back().epoch();
  manifests_[1].set_epoch(epoch);
  state_.jobs.at(1).checkpoints.restore = std::make_shared<const proto::Manifest>(manifests_[1]);
  restarts();
  comes_back("w1", {in(proto::ENDED)});
  ASSERT_NE(latest<NoteFinished>(), nullptr);
  EXPECT_EQ(directives(), "");
  happens(FinishNoted{1});
  EXPECT_EQ(directives(), "w1#1:RELEASE");
}

/// It heard nothing for too long, and its sinks have yet to forget.
TEST_F(JournalTest, ReleasesAPartThatComesBackWhenItsJobHasFinished) {
  run_on_two();
  both(proto::ENDED);
  beats("w1", 1, {in(proto::RELEASED)});
  pass(31 * kSecond);
  ASSERT_EQ(job_state(), proto::FINISHED);
  beats("w2", 1, {in(proto::ENDED)});
  EXPECT_EQ(directives(), "w2#1:RELEASE");
}

TEST_F(JournalTest, CancelsWhatWasBeingCancelled) {
  run_on_two();
  cancels("1");
  restarts();
  comes_back("w1", {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "w1#1:CANCEL");
}

TEST_F(JournalTest, TakesALowerAttemptForLeftOverAfterACrashDuringRecovery) {
  run_on_two();
  complete(1);
  happens(PeerUnreachable{"w2#1"});
  EXPECT_EQ(job().attempt, 2U);
  restarts();
  comes_back("w1", {in(proto::RUNNING, 1, 1)});  // The ASSIGN of attempt 2 was never heard.
  EXPECT_EQ(job().attempt, 3U);
  EXPECT_EQ(job().checkpoints.restore->epoch(), 1U);
}

TEST_F(JournalTest, RemembersJobsThatAreOver) {
  run_on_two();
  complete(1);
  cancels("1");
  beats("w1", 1, {in(proto::RELEASED)});
  beats("w2", 1, {in(proto::RELEASED)});
  restarts();
  ASSERT_EQ(state_.past.size(), 1U);
  const PastJob& past = state_.past.at(1);
  EXPECT_EQ(past.summary.state(), proto::CANCELLED);
  EXPECT_GE(past.log.size(), 5U);
  EXPECT_EQ(past.place.job, "test-1");
  ASSERT_EQ(past.checkpoints.size(), 1U);
  EXPECT_EQ(state_.next_job, 2U);
}

TEST_F(JournalTest, MakesOneJobOfASubmitThatIsSentAgainAfterItsJobIsOver) {
  join({"w1", "w2"});
  submits(2, 5);
  cancels("1");
  beats("w1", 1, {in(proto::RELEASED)});
  beats("w2", 1, {in(proto::RELEASED)});
  restarts();
  comes_back("w1", {});
  submits(2, 5);
  EXPECT_EQ(answer().submitted().job(), 1U);
  EXPECT_TRUE(state_.jobs.empty());
}

TEST_F(JournalTest, ForgetsTheOldestOfManyJobsWithTheirCheckpoints) {
  for (std::uint64_t id = 1; id <= kMostPastJobs + 1; ++id) {
    state_.past[id].summary.set_job(id);
    state_.past[id].place = {"past-" + std::to_string(id), "file:///store", ""};
  }
  pass(kSecond);
  EXPECT_EQ(state_.past.size(), kMostPastJobs);
  ASSERT_NE(latest<RemoveCheckpoints>(), nullptr);
  EXPECT_TRUE(latest<RemoveCheckpoints>()->all);
  EXPECT_EQ(latest<RemoveCheckpoints>()->job, "past-1");
  EXPECT_EQ(latest<Journal>()->writes[0].key, past_key(1));
}

TEST_F(JournalTest, FailsLoudlyWhenTheNewestCheckpointCannotBeReadAndIsNeeded) {
  run_on_two();
  complete(1);
  complete(2);
  restarts();
  on_newest_read(state_.jobs.at(1), base::fail("checkpoint_damaged", "its checksum does not fit"));
  comes_back("w1", {in(proto::RUNNING)});
  registers("w2", 2);
  beats("w2", 2);
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_NE(cause().find("checkpoint_damaged: its newest checkpoint, 2, cannot be read"), std::string::npos);
  EXPECT_NE(cause().find("submit --from 1/1"), std::string::npos);
}

/// It was taken for one that has none, and all of them were removed.
TEST_F(JournalTest, NeverGivesUpACheckpointThatCannotBeReadForAWorkerThatCannotSeeTheStore) {
  run_on_two();
  complete(1);
  happens(PeerUnreachable{peer("w2", 1)});
  restarts();
  on_newest_read(state_.jobs.at(1), base::fail("checkpoint_unreadable", "a mount that hangs"));
  state_.jobs.at(1).checkpoints.restore.reset();
  registers("w1", 1);
  proto::JobReport report = failed("store_not_shared");
  report.set_attempt(job().attempt);
  for (int i = 0; i < 3 && !job().ending.cause; ++i) beats("w1", 1, {report});
  EXPECT_TRUE(job().ending.cause);
  EXPECT_FALSE(job().checkpoints.place.store.empty());
  EXPECT_EQ(log().find("runs without recovery"), std::string::npos) << log();
}

TEST_F(JournalTest, SaysWhichEntryItCannotUse) {
  run_on_two();
  journal_.erase("job/000000000001/state");
  State fresh;
  const auto done = recall(
      fresh, journal_,
      [](const proto::Submit&) { return base::Result<std::shared_ptr<const topology::Plan>>(nullptr); }, 0, 0);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "journal_damaged");
  EXPECT_NE(done.error().text.find("job/000000000001"), std::string::npos);
}

}  // namespace
}  // namespace penstock::coordinator
