#include "runtime/coordinator/resumption.h"

#include <algorithm>
#include <filesystem>

#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/coordinator/relearning.h"
#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

namespace fs = std::filesystem;

/// Job 1 ran on w1 and w2, took checkpoints 1 and 2, and was cancelled; its store is a real directory.
class ResumptionTest : public PlayedCluster {
 protected:
  ResumptionTest() {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    store_ = "file://" + directory_;
    state_.timing.lease = 1'000 * kSecond;
    run_on_two();
    for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
      pass(kSecond);
      beats("w1", 1, {with_snapshots(epoch, 3, epoch - 1)});
      beats("w2", 1, {with_snapshots(epoch, 2, epoch - 1)});
      EXPECT_TRUE((*checkpoint::open_store(store_))->put_manifest(*latest<WriteManifest>()->manifest));
      writes_manifest();
    }
  }
  ~ResumptionTest() override { fs::remove_all(directory_); }

  void end() {
    cancels("1");
    beats("w1", 1, {in(proto::RELEASED)});
    beats("w2", 1, {in(proto::RELEASED)});
  }
  std::vector<Action> cancels_and_lets_go(const std::string& worker, std::uint64_t id, std::uint32_t attempt) {
    cancels(std::to_string(id));
    return beats(worker, 1, {in(proto::RELEASED, id, attempt)});
  }
  std::vector<Action>& submits_from(const std::string& from, const std::string& text, bool allow_loss = false,
                                    const std::string& into = "") {
    auto found = find_checkpoint(state_, from);
    EXPECT_TRUE(found) << found.error().text;
    SubmitCame came;
    came.from = {"client", "alice"};
    came.submit.set_from(from);
    came.submit.set_allow_state_loss(allow_loss);
    came.plan = std::make_shared<topology::Plan>(plan_of(text, 3));
    came.checkpoints = {found->manifest->job(), into.empty() ? store_ : into, "token"};
    came.resumed = std::move(*found);
    return happens(std::move(came));
  }

  std::string directory_ = fs::temp_directory_path() / "penstock-store-XXXXXX";
};

TEST_F(ResumptionTest, FindsTheNewestCheckpointOfAJobThatIsOverOrTheOneThatIsNamed) {
  EXPECT_EQ(find_checkpoint(state_, "1").error().code, "job_is_live");
  end();
  const auto newest = find_checkpoint(state_, "test");
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->manifest->epoch(), 2U);
  EXPECT_EQ(newest->attempt, 1U);
  EXPECT_EQ(newest->epochs_reserved, 65U);
  EXPECT_EQ(find_checkpoint(state_, "1/2")->manifest->epoch(), 2U);
  EXPECT_EQ(find_checkpoint(state_, "1/7").error().text, "job '1' has no such checkpoint; there is 2");
  EXPECT_EQ(find_checkpoint(state_, "nobody").error().code, "unknown_job");
}

TEST_F(ResumptionTest, RefusesAJobThatHasComeToItsEndAndPublishedAll) {
  end();
  Job& ended = state_.jobs.at(1);
  ended.checkpoints.kept.back().set_last(true);
  EXPECT_TRUE(find_checkpoint(state_, "1")) << "its last results may not be published: it was cancelled";
  ended.ending.outcome = proto::FINISHED;
  EXPECT_EQ(find_checkpoint(state_, "1").error().code, "job_finished");
}

TEST_F(ResumptionTest, RefusesTheDirectoryOfACheckpointOfAJobThatHasPublishedAll) {
  end();
  const std::string directory = store_ + "/test-1/2-1";
  const auto store = *checkpoint::open_store(store_);
  proto::Manifest last = *store->get_manifest("test-1", 2, 1);
  last.set_last(true);
  ASSERT_TRUE(store->put_manifest(last));
  EXPECT_TRUE(find_checkpoint(state_, directory)) << "its last results may not be published: it was cancelled";
  state_.jobs.at(1).checkpoints.kept.back().set_last(true);
  EXPECT_TRUE(find_checkpoint(state_, directory));
  state_.jobs.at(1).ending.outcome = proto::FINISHED;
  EXPECT_EQ(find_checkpoint(state_, directory).error().code, "job_finished");
  EXPECT_EQ(find_checkpoint(state_, store_ + "/test-1/1-1").error().code, "job_finished") << "one before the end";
  state_.past.emplace(1, past_job(job(1), now_));  // As after a restart of the coordinator.
  state_.jobs.erase(1);
  EXPECT_EQ(find_checkpoint(state_, directory).error().code, "job_finished");
  state_.past.clear();
  EXPECT_TRUE(find_checkpoint(state_, directory)) << "of a job that nobody here knows";
  ASSERT_TRUE(store->note_finished("test-1"));
  EXPECT_EQ(find_checkpoint(state_, directory).error().code, "job_finished");
  EXPECT_EQ(find_checkpoint(state_, store_ + "/test-1/1-1").error().code, "job_finished")
      << "what it has published behind that one would come again";
}

TEST_F(ResumptionTest, FindsOneByItsDirectoryWithNumbersFarBehindAllThatMayHaveBeenGiven) {
  const auto found = find_checkpoint(state_, store_ + "/test-1/1-1");
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_EQ(found->manifest->epoch(), 1U);
  EXPECT_EQ(found->store, store_);
  EXPECT_GE(found->attempt, 1'000U);
  EXPECT_GE(found->epochs_reserved, 1'000U);
  EXPECT_EQ(find_checkpoint(state_, store_ + "/test-1").error().code, "no_checkpoint");
  EXPECT_EQ(find_checkpoint(state_, store_ + "/test-1/9-1").error().code, "checkpoint_missing");
}

TEST_F(ResumptionTest, GoesOnUnderTheSameNameWithHigherNumbersAtAnotherParallelism) {
  end();
  submits_from("1", keyed_text());
  EXPECT_EQ(directives(), "w1#1:ASSIGN w2#1:ASSIGN");
  EXPECT_EQ(job(2).attempt, 2U);
  EXPECT_EQ(job(2).checkpoints.restore->epoch(), 2U);
  EXPECT_EQ(job(2).checkpoints.place.job, "test-1");
  EXPECT_GE(job(2).checkpoints.cycle->newest(), 64U);
  EXPECT_TRUE(job(1).checkpoints.kept.empty());
  const auto taken_over = find_checkpoint(state_, "1");
  EXPECT_EQ(taken_over.error().code, "no_checkpoint");
  EXPECT_EQ(taken_over.error().text,
            "job 2 has gone on from job '1' and has its checkpoints now; to go on where job 2 has got to, end that and "
            "name it: penstock submit --from 2");
  EXPECT_EQ(find_checkpoint(state_, "2").error().code, "job_is_live");
}

TEST_F(ResumptionTest, LeavesItToTheJobBeforeUntilOneInAnotherStoreHasItsOwn) {
  end();
  const std::string other = store_ + "/other";
  submits_from("1", keyed_text(), false, other);
  EXPECT_EQ(job(2).checkpoints.restore_store, store_);
  cancels_and_lets_go("w1", 2, 2);
  cancels_and_lets_go("w2", 2, 2);
  ASSERT_TRUE(job(2).is_over());
  const auto again = find_checkpoint(state_, "1");
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->manifest->epoch(), 2U);
  EXPECT_EQ(again->attempt, 2U) << "that of job 2 must not be given again";
  submits_from("1", keyed_text(), false, other);
  ASSERT_EQ(job(3).attempt, 3U);
  proto::CheckpointSummary own;
  own.set_epoch(200);
  state_.jobs.at(3).checkpoints.kept.push_back(own);
  cancels_and_lets_go("w1", 3, 3);
  cancels_and_lets_go("w2", 3, 3);
  EXPECT_EQ(find_checkpoint(state_, "1").error().code, "no_checkpoint") << "its rows would be shown again";
  EXPECT_TRUE(find_checkpoint(state_, store_ + "/test-1/2-1"));
  state_.jobs.at(3).checkpoints.kept.back().set_last(true);
  state_.jobs.at(3).ending.outcome = proto::FINISHED;
  EXPECT_EQ(find_checkpoint(state_, store_ + "/test-1/2-1").error().code, "job_finished")
      << "its sinks remember nothing any more";
}

TEST_F(ResumptionTest, LeavesWhatItWentOnFromWhenItEndsWithoutACheckpointOfItsOwn) {
  end();
  for (const std::string& from : {std::string("1"), store_ + "/test-1/1-1"}) {
    submits_from(from, keyed_text());
    const std::uint64_t id = answer().submitted().job();
    const std::uint32_t attempt = job(id).attempt;
    std::size_t removals = 0;
    for (const auto& actions : {cancels_and_lets_go("w1", id, attempt), cancels_and_lets_go("w2", id, attempt)})
      removals += static_cast<std::size_t>(std::count_if(actions.begin(), actions.end(), [](const Action& action) {
        return std::holds_alternative<RemoveCheckpoints>(action);
      }));
    ASSERT_TRUE(job(id).is_over());
    EXPECT_EQ(removals, 0U) << from;
  }
}

/// They show what they find staged when they are opened, and one of them could not.
TEST_F(ResumptionTest, LeavesSinksWhatTheyHaveStagedUntilItHasRun) {
  end();
  submits_from("1", keyed_text());
  beats("w2", 1, {in(proto::ASSIGNED, 2, 2)});
  proto::JobReport report = failed("segment_damaged");
  report.set_job(2);
  report.set_attempt(2);
  beats("w1", 1, {report});
  EXPECT_EQ(job_state(2), proto::FAILING);
  ASSERT_NE(sent_to("w1#1"), nullptr);
  EXPECT_FALSE(sent_to("w1#1")->directive().for_good());
}

TEST_F(ResumptionTest, ThenRemovesOnlyWhatItsAttemptsWereWorkingOn) {
  end();
  submits_from("1", keyed_text());
  for (const auto phase : {proto::ASSIGNED, proto::CONNECTED, proto::RUNNING})
    for (const char* worker : {"w1", "w2"}) beats(worker, 1, {in(phase, 2, 2)});
  ASSERT_EQ(job_state(2), proto::JOB_RUNNING);
  cancels_and_lets_go("w1", 2, 2);
  cancels_and_lets_go("w2", 2, 2);
  ASSERT_TRUE(job(2).is_over());
  const auto* remove = latest<RemoveCheckpoints>();
  ASSERT_NE(remove, nullptr);
  EXPECT_EQ(remove->tiers_below, 3U);
  EXPECT_TRUE(remove->checkpoints.empty() && remove->unfinished_below == 0 && !remove->all);
}

TEST_F(ResumptionTest, LeavesWhatItGoesOnFromWhenTheCoordinatorIsStartedAnew) {
  end();
  submits_from(store_ + "/test-1/1-1", keyed_text());
  const auto there = *(*checkpoint::open_store(store_))->list("test-1");
  EXPECT_EQ(there.size(), 2U);
  EXPECT_TRUE(strays(job(2), there).empty());
  state_.jobs.at(2).checkpoints.own = true;
  EXPECT_EQ(strays(job(2), there).size(), 2U);
}

TEST_F(ResumptionTest, NeverGivesNumbersAgainThatAJobWhichWentOnFromThereHasHad) {
  end();
  state_.past.emplace(1, past_job(job(1), now_));  // As after a restart of the coordinator.
  state_.jobs.erase(1);
  for (const std::string& from : {std::string("1"), store_ + "/test-1/1-1"}) {
    submits_from(from, keyed_text());
    const std::uint64_t id = answer().submitted().job();
    const std::uint32_t attempt = job(id).attempt;
    cancels_and_lets_go("w1", id, attempt);
    cancels_and_lets_go("w2", id, attempt);
    EXPECT_EQ(find_checkpoint(state_, "1").error().code, "no_checkpoint");
    const auto again = find_checkpoint(state_, store_ + "/test-1/1-1");
    ASSERT_TRUE(again);
    EXPECT_GE(again->attempt, attempt);
    EXPECT_GE(again->epochs_reserved, job(id).checkpoints.epochs_reserved);
  }
}

TEST_F(ResumptionTest, RemovesNothingThatSomebodyElseKeepsWhenTheJobIsOver) {
  end();
  auto own = find_checkpoint(state_, "1");
  ASSERT_TRUE(own);
  own->kept.insert(own->kept.begin(), own->kept.front());
  const Resumption nothing_yet{"test-1", nullptr, store_, 7, 1};
  for (const Resumption& from : {*own, nothing_yet}) {
    SubmitCame came;
    came.from = {"client", "alice"};
    came.plan = std::make_shared<topology::Plan>(plan_of(keyed_text(), 3));
    came.checkpoints = {"test-1", store_, "token", true};
    came.resumed = from;
    happens(std::move(came));
    const std::uint64_t id = answer().submitted().job();
    const std::uint32_t attempt = job(id).attempt;
    EXPECT_EQ(attempt, from.attempt + 1);
    EXPECT_EQ(job(id).checkpoints.restore, from.manifest);
    state_.jobs.at(id).checkpoints.own = true;
    cancels_and_lets_go("w1", id, attempt);
    cancels_and_lets_go("w2", id, attempt);
    ASSERT_TRUE(job(id).is_over());
    const auto* remove = latest<RemoveCheckpoints>();
    ASSERT_NE(remove, nullptr);
    EXPECT_FALSE(remove->all);
    EXPECT_TRUE(remove->checkpoints.empty());
    EXPECT_EQ(job(id).checkpoints.kept.size(), from.kept.size());
  }
}

TEST_F(ResumptionTest, IsRefusedWithAListWhenSomethingWouldBeLost) {
  end();
  const std::string other =
      topology_text("  m: {from: rides, key_by: [id], aggregate: {n: count(*)}}\n",
                    "  out: {from: m, file: {path: out.jsonl}, format: json, parallelism: 1}\n", "");
  submits_from("1", other);
  EXPECT_EQ(answer().error().code(), "state_does_not_fit");
  EXPECT_NE(answer().error().text().find("goes on: rides, out\nbegins anew: m\nwould be lost: what 'n' remembers"),
            std::string::npos)
      << answer().error().text();
  submits_from("1", other, true);
  EXPECT_EQ(answer().submitted().job(), 2U);
}

}  // namespace
}  // namespace penstock::coordinator
