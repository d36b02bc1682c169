#include "runtime/coordinator/job_life.h"

#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {
namespace {

using JobLife = PlayedCluster;
using testing::Test;

TEST_F(JobLife, TakesEachStepOnlyWhenAllWorkersHaveTakenTheOneBefore) {
  join({"w1", "w2"});
  submits();
  EXPECT_EQ(directives(), "w1#1:ASSIGN w2#1:ASSIGN");
  EXPECT_EQ(job_state(), proto::DEPLOYING);
  beats("w1", 1, {in(proto::ASSIGNED)});
  EXPECT_EQ(directives(), "");
  beats("w2", 1, {in(proto::ASSIGNED)});
  EXPECT_EQ(directives(), "w1#1:CONNECT w2#1:CONNECT");
  beats("w2", 1, {in(proto::CONNECTED)});
  EXPECT_EQ(directives(), "");
  beats("w1", 1, {in(proto::CONNECTED)});
  EXPECT_EQ(directives(), "w1#1:START w2#1:START");
  EXPECT_EQ(job_state(), proto::DEPLOYING);
  both(proto::RUNNING);
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  both(proto::ENDED);
  EXPECT_EQ(directives(), "w1#1:RELEASE w2#1:RELEASE");
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::FINISHED);
}

TEST_F(JobLife, TellsAWorkerWhatItNeedsToBuildItsPart) {
  join({"w1", "w2"});
  submits();
  const proto::Envelope* sent = sent_to("w2#1");
  ASSERT_NE(sent, nullptr);
  const proto::Assignment& assignment = sent->directive().assignment();
  EXPECT_EQ(assignment.self(), 1U);
  EXPECT_EQ(assignment.workers_size(), 2);
  EXPECT_EQ(assignment.tasks_size(), 5);
  EXPECT_EQ(assignment.plan_checksum(), 4711U);
  EXPECT_EQ(assignment.file(), "test.yaml");
  // Of the 2 x 2 + 2 channels those between executors: two by hash, one to the sink.
  EXPECT_EQ(assignment.windows_size(), 3);
  for (const auto& window : assignment.windows()) EXPECT_EQ(window.bytes(), kFirstWindow);
}

TEST_F(JobLife, GivesEveryWorkerTheAddressesOfAll) {
  join({"w1", "w2"});
  submits();
  both(proto::ASSIGNED);
  ASSERT_NE(sent_to("w1#1"), nullptr);
  EXPECT_EQ(sent_to("w1#1")->directive().endpoints_size(), 2);
}

TEST_F(JobLife, RepeatsADirectiveUntilItHasTakenEffect) {
  join({"w1", "w2"});
  submits();
  beats("w1", 1, {in(proto::ASSIGNED)});
  beats("w2", 1);  // The ASSIGN was lost.
  EXPECT_EQ(directives(), "");
  pass(200'000);
  EXPECT_EQ(directives(), "w2#1:ASSIGN");
  beats("w2", 1, {in(proto::PHASE_UNKNOWN)});  // It is building: heard, not yet there.
  pass(200'000);
  EXPECT_EQ(directives(), "");
  both(proto::ASSIGNED);
  EXPECT_EQ(directives(), "w1#1:CONNECT w2#1:CONNECT");
}

TEST_F(JobLife, GivesAnAssignmentWithFilesTimeToArrive) {
  join({"w1", "w2"});
  submits(2, 0, "", std::string(20 << 20, 'x'));
  EXPECT_EQ(directives(), "w1#1:ASSIGN w2#1:ASSIGN");
  for (int i = 0; i < 10; ++i) {
    beats("w1", 1);
    beats("w2", 1);
    pass(200'000);
    EXPECT_EQ(directives(), "");
  }
  beats("w1", 1);
  beats("w2", 1);
  pass(300'000);
  EXPECT_EQ(directives(), "w1#1:ASSIGN w2#1:ASSIGN");
}

TEST_F(JobLife, DoesNotMindWhatItHearsTwiceOrLate) {
  join({"w1", "w2"});
  submits();
  both(proto::ASSIGNED);
  both(proto::CONNECTED);
  sequence_ -= 3;
  both(proto::ASSIGNED);  // Older heartbeats.
  EXPECT_EQ(directives(), "");
  both(proto::RUNNING);
  EXPECT_EQ(job_state(), proto::JOB_RUNNING);
}

TEST_F(JobLife, StopsByDrainingAndIsStoppedOnlyWhenAllHasEnded) {
  run_on_two();
  const auto said = stops("test");
  EXPECT_EQ(said.done().text(), "job 1 'test' is stopping: it drains");
  EXPECT_EQ(directives(), "w1#1:STOP w2#1:STOP");
  EXPECT_EQ(job_state(), proto::STOPPING);
  proto::JobReport stopping = in(proto::RUNNING);
  stopping.set_stopping(true);
  beats("w1", 1, {stopping});
  beats("w2", 1, {in(proto::RUNNING)});
  pass(200'000);
  EXPECT_EQ(directives(), "w2#1:STOP");
  beats("w1", 1, {in(proto::ENDED)});
  EXPECT_EQ(job_state(), proto::STOPPING);
  beats("w2", 1, {in(proto::ENDED)});
  EXPECT_EQ(directives(), "w1#1:RELEASE w2#1:RELEASE");
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::STOPPED);
  EXPECT_EQ(stops("1").done().text(), "job 1 'test' has been stopped already");
}

TEST_F(JobLife, StopsAJobThatIsBeingDeployedOnceItRuns) {
  join({"w1", "w2"});
  submits();
  EXPECT_EQ(stops("1").done().text(), "job 1 'test' will be stopped as soon as it runs");
  both(proto::ASSIGNED);
  both(proto::CONNECTED);
  beats("w1", 1, {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "");
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "w1#1:STOP w2#1:STOP");
  EXPECT_EQ(job_state(), proto::STOPPING);
}

TEST_F(JobLife, CancelsAtAnyTime) {
  join({"w1", "w2"});
  submits();
  beats("w1", 1, {in(proto::ASSIGNED)});
  EXPECT_EQ(cancels("1").done().text(), "job 1 'test' is being cancelled");
  EXPECT_EQ(directives(), "w1#1:CANCEL w2#1:CANCEL");
  EXPECT_EQ(job_state(), proto::CANCELLING);
  beats("w1", 1, {in(proto::RELEASED)});
  EXPECT_EQ(job_state(), proto::CANCELLING);
  beats("w2", 1, {in(proto::RELEASED)});
  EXPECT_EQ(job_state(), proto::CANCELLED);
}

TEST_F(JobLife, FailsWithTheFirstCauseAndTakesTheOthersDown) {
  run_on_two();
  beats("w2", 1, {failed("bad_row")});
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_EQ(directives(), "w1#1:CANCEL w2#1:CANCEL");
  beats("w1", 1, {failed("disk_full")});
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
  EXPECT_EQ(cause(), "bad_row: what bad_row means");
  EXPECT_EQ(job().ending.cause->where(), "worker w2");
}

TEST_F(JobLife, WaitsALeaseForABetterCauseThanABrokenConnection) {
  run_on_two();
  beats("w1", 1, {failed("peer_lost", "w2")});
  EXPECT_NE(sent_to("w2#1"), nullptr);  // Told to cancel, and thereby asked whether it is there.
  beats("w1", 1, {in(proto::RELEASED)});
  happens(PeerUnreachable{"w2#1"});
  EXPECT_EQ(cause(),
            "worker_lost: worker 'w2' (host host-of-w2, process 100) is gone: its connection has broken; its log tells "
            "more; start it again, then submit the job again");
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
}

TEST_F(JobLife, PrefersTheErrorOfThePeerToTheBreakThatItCaused) {
  run_on_two();
  beats("w1", 1, {failed("peer_lost", "w2")});
  beats("w2", 1, {failed("bad_row")});
  EXPECT_EQ(cause(), "bad_row: what bad_row means");
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
}

TEST_F(JobLife, TakesABrokenConnectionForTheCauseWhenNothingBetterComes) {
  run_on_two();
  beats("w1", 1, {failed("peer_lost", "w2")});
  both(proto::RELEASED);
  EXPECT_EQ(job_state(), proto::FAILING);
  now_ += 500'000;
  both(proto::RELEASED);
  pass(100'000);
  EXPECT_EQ(job_state(), proto::JOB_FAILED);
  EXPECT_EQ(cause(), "peer_lost: what peer_lost means");
}

struct Wait {
  const char* name;
  std::vector<proto::Phase> reached;  ///< By both; then w2 gets no further.
  bool stop;
  const char* code;
  const char* words;
};

class Deadlines : public PlayedCluster, public testing::WithParamInterface<Wait> {};

TEST_P(Deadlines, EndTheWaitWithACauseAndWhatToDo) {
  const Wait& wait = GetParam();
  join({"w1", "w2"});
  submits();
  proto::Phase last = proto::PHASE_UNKNOWN;
  for (const auto phase : wait.reached) both(last = phase);
  if (wait.stop) stops("1");
  for (int i = 0; i < 700 && job_state() != proto::FAILING; ++i) {
    pass(100'000);
    beats("w1", 1,
          {in(last == proto::RUNNING || last == proto::PHASE_UNKNOWN ? last : static_cast<proto::Phase>(last + 1))});
    beats("w2", 1, {in(last)});
  }
  EXPECT_EQ(job_state(), proto::FAILING);
  EXPECT_EQ(cause().substr(0, cause().find(':')), wait.code);
  EXPECT_NE(cause().find(wait.words), std::string::npos) << cause();
}

INSTANTIATE_TEST_SUITE_P(
    Job, Deadlines,
    testing::Values(
        Wait{"building", {}, false, "deploy_timed_out", "has not built its tasks in 60.0 s; see the log"},
        Wait{"connecting", {proto::ASSIGNED}, false, "deploy_timed_out", "w2 has not opened"},
        Wait{"starting", {proto::ASSIGNED, proto::CONNECTED}, false, "deploy_timed_out", "w2 has not started"},
        Wait{"stopping",
             {proto::ASSIGNED, proto::CONNECTED, proto::RUNNING},
             true,
             "stop_timed_out",
             "penstock cancel"}),
    [](const auto& wait) { return std::string(wait.param.name); });

TEST_F(JobLife, GoesOnStoppingAsLongAsRowsMove) {
  run_on_two();
  stops("1");
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    proto::JobReport report = in(proto::RUNNING);
    report.set_stopping(true);
    report.add_nodes()->set_rows_in(i / 100);
    beats("w1", 1, {report});
    beats("w2", 1, {report});
    pass(100'000);
  }
  EXPECT_EQ(job_state(), proto::STOPPING);
}

TEST_F(JobLife, EndsThoughAWorkerDoesNotLetGoOfIt) {
  run_on_two();
  cancels("1");
  for (int i = 0; i < 310; ++i) {
    beats("w1", 1, {in(proto::RELEASED)});
    beats("w2", 1, {in(proto::RUNNING)});
    pass(100'000);
  }
  EXPECT_EQ(job_state(), proto::CANCELLED);
  EXPECT_NE(job().log.lines[job().log.lines.size() - 2].text().find("w2 has not let go"), std::string::npos);
  beats("w2", 1, {in(proto::RUNNING)});
  EXPECT_EQ(directives(), "w2#1:CANCEL");
}

TEST_F(JobLife, IsToldInAboutADozenLines) {
  run_on_two();
  stops("1");
  both(proto::ENDED);
  both(proto::RELEASED);
  std::string log;
  for (const auto& line : job().log.lines) log += line.text() + "\n";
  EXPECT_EQ(log,
            "submitted by alice from test.yaml\n"
            "placed: w1: 3 tasks on 1 executor; w2: 2 tasks on 1 executor\n"
            "assigned: every worker has built its tasks\n"
            "connected: all channels are open\n"
            "runs, 0.0 ms after it was submitted\n"
            "stops: sources end, what is on its way is processed\n"
            "worker 'w1': all of its tasks have ended\n"
            "worker 'w2': all of its tasks have ended\n"
            "all tasks have ended; its channels are closed\n"
            "stopped, drained after 0.0 ms\n");
}

TEST_F(JobLife, MakesOneJobOfASubmitThatIsSentTwice) {
  join({"w1", "w2"});
  submits(2, 5);
  EXPECT_EQ(answer().submitted().job(), 1U);
  submits(2, 5);
  EXPECT_EQ(answer().submitted().job(), 1U);
  EXPECT_EQ(directives(), "");
  submits(2, 6);
  EXPECT_EQ(answer().submitted().job(), 2U);
  EXPECT_EQ(state_.jobs.size(), 2U);
}

TEST_F(JobLife, IsRefusedWithTheReasonWhenItCannotBePlaced) {
  submits();
  EXPECT_EQ(answer().error().code(), "cannot_place");
  EXPECT_TRUE(state_.jobs.empty());
  join({"w1", "w2"});
  beats("w2", 1, {}, true);
  submits(2, 0, "  n: {workers: w2}\n");
  EXPECT_EQ(answer().error().code(), "cannot_place");
}

TEST_F(JobLife, RetunesTheWindowsOfItsChannels) {
  run_on_two();
  std::uint64_t consumed = 0;
  bool told = false;
  for (int i = 0; i < 20; ++i) {
    now_ += 200'000;
    proto::JobReport report = in(proto::RUNNING);
    auto& channel = *report.add_channels();
    channel.set_channel(1);  // rides[0]@w1 -> n[1]@w2
    channel.set_consumed_bytes(consumed += 40 << 20);
    channel.set_window_bytes(kFirstWindow);
    channel.set_waiting_bytes(0);
    beats("w1", 1, {in(proto::RUNNING)});
    beats("w2", 1, {report});
    const proto::Envelope* sent = nullptr;
    for (const Action& action : actions_)
      if (const auto* send = std::get_if<Send>(&action); send != nullptr && send->message.has_directive())
        sent = &send->message;
    if (sent == nullptr) continue;
    EXPECT_EQ(sent->directive().want(), proto::Directive::TUNE);
    ASSERT_EQ(sent->directive().windows_size(), 1);
    EXPECT_EQ(sent->directive().windows(0).channel(), 1U);
    EXPECT_GT(sent->directive().windows(0).bytes(), kFirstWindow);
    told = true;
  }
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace penstock::coordinator
