#include "runtime/coordinator/worker_life.h"

#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

using WorkerLife = PlayedCluster;

TEST_F(WorkerLife, BeginsWithARegistrationThatTellsThePeriods) {
  registers("w1", 1);
  ASSERT_NE(sent_to("w1#1"), nullptr);
  const proto::Registered& registered = sent_to("w1#1")->registered();
  EXPECT_EQ(registered.incarnation(), 1U);
  EXPECT_EQ(registered.coordinator(), 77U);
  EXPECT_EQ(registered.lease_us(), 600'000);
  EXPECT_EQ(worker_list(state_, now_).workers_size(), 0);  // What it still runs is not known yet.
  beats("w1", 1);
  EXPECT_EQ(sent_to("w1#1")->heartbeat_ack().sequence(), sequence_);
  EXPECT_EQ(worker_list(state_, now_).workers_size(), 1);
}

struct Refused {
  const char* name;
  int slots;
  const char* code;
};

TEST_F(WorkerLife, IsRefusedWithANameOrSlotsThatCannotBe) {
  const std::string too_long(65, 'x');
  for (const Refused& c : {Refused{"", 1, "bad_worker"}, Refused{"a b", 1, "bad_worker"},
                           Refused{"\x1b[2J", 1, "bad_worker"}, Refused{too_long.c_str(), 1, "bad_worker"},
                           Refused{"w", 0, "bad_worker"}, Refused{"w", 1'000'000, "bad_worker"}}) {
    registers(c.name, 1, c.slots);
    ASSERT_NE(sent_to(peer(c.name, 1)), nullptr);
    EXPECT_EQ(sent_to(peer(c.name, 1))->answer().error().code(), c.code);
  }
  EXPECT_TRUE(state_.workers.empty());
}

TEST_F(WorkerLife, IsRefusedWithAHostThatWouldReachLogsAsMoreThanAName) {
  for (const std::string& host : {std::string("a\nb"), std::string("\x1b[2J"), std::string(256, 'x')}) {
    proto::Envelope envelope;
    envelope.mutable_register_worker()->set_worker("w1");
    envelope.mutable_register_worker()->set_slots(1);
    envelope.mutable_register_worker()->set_host(host);
    happens(MessageCame{{"w1#1", ""}, envelope});
    ASSERT_NE(sent_to("w1#1"), nullptr);
    EXPECT_EQ(sent_to("w1#1")->answer().error().code(), "bad_worker");
  }
  EXPECT_TRUE(state_.workers.empty());
}

TEST_F(WorkerLife, KeepsItsNameAsLongAsItLives) {
  join({"w1"});
  registers("w1", 2);
  const proto::Envelope* answer = sent_to("w1#2");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->answer().error().code(), "name_taken");
  EXPECT_NE(answer->answer().error().text().find("worker 'w1' (host host-of-w1, process 100) is here"),
            std::string::npos);
  EXPECT_NE(sent_to("w1#1"), nullptr);  // It is asked whether it is still there.
  happens(PeerUnreachable{"w1#1"});
  registers("w1", 2);
  EXPECT_TRUE(sent_to("w1#2")->has_registered());
  EXPECT_EQ(state_.workers.at("w1").incarnation(), 2U);
}

TEST_F(WorkerLife, IsNotTakenOverByAnotherKey) {
  join({"w1"});
  proto::Envelope envelope;
  *envelope.mutable_register_worker() = state_.workers.at("w1").registered;
  happens(MessageCame{{"thief", "mallory"}, envelope});
  ASSERT_NE(sent_to("thief"), nullptr);
  EXPECT_EQ(sent_to("thief")->answer().error().code(), "name_taken");
  EXPECT_EQ(state_.workers.at("w1").peer, "w1#1");
}

TEST_F(WorkerLife, IsNotEndedBySilenceWhileTheCoordinatorItselfDidNotRun) {
  run_on_two();
  now_ += 60 * kSecond;
  beats("w1", 1, {in(proto::RUNNING)});
  happens(Paused{60 * kSecond});
  pass(599'999);
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  EXPECT_NE(log().find("the coordinator itself did not run for 60.0 s"), std::string::npos) << log();
  pass(1);
  EXPECT_EQ(job_state(), proto::JOB_FAILED) << "who stays silent when it runs again is lost all the same";
}

TEST_F(WorkerLife, IsExcusedOnceForACoordinatorThatKeepsFallingAsleep) {
  run_on_two();
  for (int i = 0; i < 10 && job_state() == proto::JOB_RUNNING; ++i) {
    now_ += 310'000;
    beats("w1", 1, {in(proto::RUNNING)});
    happens(Paused{310'000});
    pass(0);
  }
  EXPECT_NE(job_state(), proto::JOB_RUNNING) << "w2 has been silent for 3 s";
}

TEST_F(WorkerLife, AStopIsGivenTheTimeForWhichTheCoordinatorItselfDidNotRun) {
  run_on_two();
  stops("1");
  now_ += 61 * kSecond;
  happens(Paused{61 * kSecond});
  pass(0);
  EXPECT_EQ(job().ending.cause ? job().ending.cause->code() : "", "");
}

TEST_F(WorkerLife, EndsWhenItsLeaseHasRunOut) {
  run_on_two();
  now_ += 599'999;
  beats("w1", 1, {in(proto::RUNNING)});
  happens(TimePassed{});
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  pass(1);
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_EQ(cause(),
            "worker_lost: worker 'w2' (host host-of-w2, process 100) is gone: nothing was heard of it for 600 ms; its "
            "log tells more; start it again, then submit the job again");
  EXPECT_EQ(directives(), "w1#1:CANCEL");
  beats("w1", 1, {in(proto::RELEASED)});
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
}

TEST_F(WorkerLife, EndsAtOnceWhenItCannotBeReached) {
  run_on_two();
  happens(ConnectionBroke{});
  EXPECT_NE(sent_to("w1#1"), nullptr);
  EXPECT_NE(sent_to("w2#1"), nullptr);
  happens(PeerUnreachable{"w1#1"});
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_NE(cause().find("'w1'"), std::string::npos);
  happens(PeerUnreachable{"w1#1"});
  happens(PeerUnreachable{"nobody"});
  EXPECT_EQ(job_state(), proto::FAILING);
}

TEST_F(WorkerLife, MayComeBackAndThenLetsGoOfWhatHasFailed) {
  run_on_two();
  pass(1'000'000);  // Both are lost: frozen, say.
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "w2#1:CANCEL");
  EXPECT_EQ(sent_to("w2#1")->answer().error().code(), "not_registered");
  registers("w2", 1);
  EXPECT_TRUE(sent_to("w2#1")->has_registered());
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "w2#1:CANCEL");
  beats("w2", 1, {in(proto::RELEASED)});
  EXPECT_EQ(directives(), "");
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
}

TEST_F(WorkerLife, OutlivesANewConnectionIfItIsQuick) {
  run_on_two();
  proto::Envelope envelope;
  *envelope.mutable_register_worker() = state_.workers.at("w2").registered;
  happens(MessageCame{{"w2 again", ""}, envelope});
  happens(PeerUnreachable{"w2#1"});
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
}

TEST_F(WorkerLife, FailsItsJobsByLeaving) {
  run_on_two();
  leaves("w2", 1);
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_NE(cause().find("it has left while the job was there"), std::string::npos);
}

TEST_F(WorkerLife, LeavesWithoutATraceWhenNothingIsThere) {
  join({"w1", "w2"});
  leaves("w2", 1);
  EXPECT_EQ(state_.workers.size(), 1U);
  leaves("w1", 9);  // Another incarnation's word.
  EXPECT_EQ(state_.workers.size(), 1U);
}

TEST_F(WorkerLife, GetsNothingNewWhileItDrains) {
  join({"w1", "w2"});
  proto::Request request;
  request.mutable_drain()->set_worker("w2");
  EXPECT_EQ(asks(request).done().text(), "worker 'w2' gets no new tasks; none are left on it");
  submits();
  EXPECT_EQ(directives(), "w1#1:ASSIGN");
  request.mutable_drain()->set_worker("w1");
  EXPECT_EQ(asks(request).done().text(), "worker 'w1' gets no new tasks; its tasks go on until their jobs end: 1");
  request.mutable_drain()->set_worker("w7");
  EXPECT_EQ(asks(request).error().code(), "unknown_worker");
}

TEST_F(WorkerLife, IsToldToDropWhatAnEarlierCoordinatorGaveIt) {
  registers("w1", 1);
  beats("w1", 1, {in(proto::RUNNING, 41), in(proto::RELEASED, 42)});
  EXPECT_EQ(directives(), "w1#1:CANCEL");
  submits();
  EXPECT_EQ(answer().submitted().job(), 43U);  // Numbers are not given twice.
}

TEST_F(WorkerLife, IsForgottenSomeTimeAfterItWasLost) {
  join({"w1"});
  pass(1'000'000);
  EXPECT_EQ(worker_list(state_, now_).workers(0).state(), proto::WorkerSummary::LOST);
  pass(state_.timing.keep_lost);
  EXPECT_TRUE(state_.workers.empty());
}

}  // namespace
}  // namespace penstock::coordinator
