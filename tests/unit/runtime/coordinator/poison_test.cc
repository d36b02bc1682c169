#include "runtime/coordinator/poison.h"

#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

class Poison : public PlayedCluster {
 protected:
  Poison() {
    store_ = "file:///store";
    state_.timing.lease = 1'000 * kSecond;  // Nobody is silent here.
    join({"w1"});
    submits(1);
    alone("w1", 1);
  }
  /// Rows of the first source, as the dead process has left them.
  static checkpoint::WorkedOn rows(std::int64_t first, std::int64_t last, const std::string& row = "") {
    return {0,  0, 0, base::WorkMark::kRows, "clicks.json", first, last, static_cast<std::uint32_t>(last - first + 1),
            row};
  }
  /// The row of a task that is not a source's, as the dead process has left it.
  static checkpoint::WorkedOn row_of_others(const std::string& row) {
    return {1, 0, 0, base::WorkMark::kRows, "", base::WorkMark::kUnknown, base::WorkMark::kUnknown, 1, row};
  }
  /// Until it is the record; the source was there each time.
  void dies_four_times(const checkpoint::WorkedOn& work, const std::vector<checkpoint::InputAt>& first,
                       const std::vector<checkpoint::InputAt>& second) {
    dies_at(work);
    dies_at(work);
    dies_at(work, first);
    dies_at(work, second);
    ASSERT_TRUE(job().ending.cause);
    EXPECT_EQ(job().ending.cause->code(), "record_ends_process");
  }
  /// The only worker dies at work on that, and is started again.
  void dies_at(const checkpoint::WorkedOn& work, const std::vector<checkpoint::InputAt>& inputs = {}) {
    happens(PeerUnreachable{peer("w1", incarnation_)});
    const auto* read = latest<ReadWork>();
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->store + " " + read->identity + " " + read->worker, "file:///store test-1 w1");
    happens(WorkRead{read->job, read->attempt, read->worker, {work}, inputs});
    ++incarnation_;
    registers("w1", incarnation_);
    beats("w1", incarnation_);
    assigned_ = {};
    for (int i = 0; i < 100 && job_state() == proto::RECOVERING && !assigned_.has_assignment(); ++i) {
      if (const auto* sent = sent_to(peer("w1", incarnation_)); sent != nullptr && sent->directive().has_assignment())
        assigned_ = sent->directive();
      else
        pass(50'000);
    }
    for (int phase = proto::ASSIGNED; phase <= proto::RUNNING && assigned_.has_assignment(); ++phase)
      beats("w1", incarnation_, {in(static_cast<proto::Phase>(phase), 1, job().attempt)});
  }

  std::uint64_t incarnation_ = 1;
  proto::Directive assigned_;
};

TEST_F(Poison, IsToldInTheLogWhenAWorkerDies) {
  dies_at(rows(100, 611));
  const std::string source = job().work.plan->nodes[static_cast<std::size_t>(job().work.plan->chains[0].nodes[0])].name;
  EXPECT_NE(log().find("when worker 'w1' died, at work was '" + source + "' with " + source +
                       ", clicks.json from 100 to 611"),
            std::string::npos)
      << log();
  EXPECT_FALSE(assigned_.assignment().one_at_a_time());
}

TEST_F(Poison, IsLookedForOneRowAtATimeAfterTheSecondDeathWithTheSameNodeAndNamedAfterTheSecondWithTheSameRow) {
  dies_at(rows(100, 611));
  dies_at(rows(356, 867));
  EXPECT_TRUE(assigned_.assignment().one_at_a_time());
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  dies_at(rows(471, 471, "{\"id\":7}"));
  EXPECT_TRUE(assigned_.assignment().one_at_a_time());
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  dies_at(rows(471, 471, "{\"id\":7}"));
  EXPECT_EQ(job().ending.cause->code(), "record_ends_process");
  EXPECT_NE(cause().find("clicks.json at 471; the row is {\"id\":7}"), std::string::npos) << cause();
  EXPECT_NE(job().ending.cause->where().find("clicks.json at 471"), std::string::npos);
}

TEST_F(Poison, BehindAnEdgeIsNamedWithTheRecordThatWasOnItsWay) {
  dies_four_times(row_of_others("{\"id\":7}"), {{0, 0, "clicks.json", 471, true}, {0, 1, "more.json", 3, true}},
                  {{0, 0, "clicks.json", 471, true}, {0, 1, "more.json", 4, true}});
  EXPECT_NE(cause().find("of other tasks; the row is {\"id\":7}; the record on its way was rides, clicks.json at 471;"),
            std::string::npos)
      << cause();
  EXPECT_EQ(job().ending.cause->where(), "rides, clicks.json at 471");
}

TEST_F(Poison, BehindAnEdgeIsNotSaidToComeFromWhereSourcesWereByChance) {
  dies_four_times(row_of_others("{\"id\":7}"), {{0, 0, "clicks.json", 471, true}}, {{0, 0, "clicks.json", 472, true}});
  EXPECT_NE(cause().find("; sources had been read to rides, clicks.json at 472;"), std::string::npos) << cause();
  EXPECT_EQ(job().ending.cause->where(), "node n");
}

/// A coordinator that is started anew takes the worker for lost once more, and finds the same file.
TEST_F(Poison, IsCountedOnceForEachDeath) {
  dies_at(rows(100, 611));
  happens(WorkRead{1, 1, "w1", {rows(100, 611)}});
  EXPECT_EQ(job().recovery.deaths.most_suspect(), nullptr);
  dies_at(rows(100, 611));
  EXPECT_EQ(job().recovery.deaths.most_suspect()->times, 2U);
}

TEST_F(Poison, IsNotARowThatWasAtWorkOnlyOnce) {
  for (const std::int64_t at : {100, 200, 300, 400}) dies_at(rows(at, at, "{\"id\":" + std::to_string(at) + "}"));
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
}

TEST_F(Poison, IsForgottenWhenTheJobHasGotFurther) {
  dies_at(rows(100, 611));
  dies_at(rows(356, 867));
  state_.jobs.at(1).checkpoints.completed = kGotFurther;
  dies_at(rows(471, 471, "{\"id\":7}"));
  EXPECT_FALSE(assigned_.assignment().one_at_a_time());
}

TEST_F(Poison, OfTasksThatThePlanDoesNotHaveIsLeftOut) {
  checkpoint::WorkedOn strange = rows(1, 1);
  strange.chain = 1'000;
  dies_at(strange);
  strange.chain = 0;
  strange.node = 1'000;
  dies_at(strange);
  EXPECT_EQ(log().find("at work was"), std::string::npos);
}

}  // namespace
}  // namespace penstock::coordinator
