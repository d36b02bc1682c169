#include "runtime/worker/agent.h"

#include <gtest/gtest.h>

namespace penstock::worker {
namespace {

constexpr std::uint64_t kSelf = 42;
constexpr base::Micros kLease = 600'000, kEvery = 200'000;

/// An agent whose time, jobs and coordinator the test plays.
class AgentTest : public testing::Test {
 protected:
  AgentTest() : agent_(self()) {}
  static proto::Register self() {
    proto::Register self;
    self.set_worker("w1");
    self.set_incarnation(kSelf);
    return self;
  }
  static proto::Envelope registered(std::uint64_t incarnation = kSelf, std::uint64_t coordinator = 7) {
    proto::Envelope envelope;
    auto& body = *envelope.mutable_registered();
    body.set_incarnation(incarnation);
    body.set_coordinator(coordinator);
    body.set_heartbeat_every_us(kEvery);
    body.set_lease_us(kLease);
    return envelope;
  }
  static proto::Envelope ack(std::uint64_t sequence) {
    proto::Envelope envelope;
    envelope.mutable_heartbeat_ack()->set_incarnation(kSelf);
    envelope.mutable_heartbeat_ack()->set_sequence(sequence);
    return envelope;
  }
  static proto::Envelope directive(proto::Directive::Want want, std::uint64_t incarnation = kSelf) {
    proto::Envelope envelope;
    auto& body = *envelope.mutable_directive();
    body.set_incarnation(incarnation);
    body.set_job(1);
    body.set_attempt(1);
    body.set_want(want);
    if (want == proto::Directive::ASSIGN) body.mutable_assignment()->set_job_name("j");
    return envelope;
  }
  static proto::Envelope refusal(const std::string& code) {
    proto::Envelope envelope;
    envelope.mutable_answer()->mutable_error()->set_code(code);
    return envelope;
  }
  void job_in(proto::Phase phase) {
    view_.jobs.clear();
    auto& report = view_.jobs.emplace_back();
    report.set_job(1);
    report.set_attempt(1);
    report.set_phase(phase);
  }
  void pass(base::Micros time) { view_.now += time; }
  void register_it() { agent_.on_message(registered(), view_); }
  template <class What>
  static const What* first(const AgentActions& actions) {
    for (const AgentAction& action : actions)
      if (const What* found = std::get_if<What>(&action)) return found;
    return nullptr;
  }
  static const proto::Heartbeat* heartbeat(const AgentActions& actions) {
    for (const AgentAction& action : actions)
      if (const auto* sent = std::get_if<SendToCoordinator>(&action); sent && sent->envelope.has_heartbeat())
        return &sent->envelope.heartbeat();
    return nullptr;
  }
  static bool sends_register(const AgentActions& actions) {
    const auto* sent = first<SendToCoordinator>(actions);
    return sent != nullptr && sent->envelope.has_register_worker();
  }

  Agent agent_;
  AgentView view_{1'000'000, {}, {}};
};

TEST_F(AgentTest, RegistersAgainAndAgainUntilItIsTaken) {
  EXPECT_TRUE(sends_register(agent_.on_tick(view_)));
  EXPECT_TRUE(agent_.on_tick(view_).empty());
  pass(500'000);
  EXPECT_TRUE(sends_register(agent_.on_tick(view_)));
  const auto actions = agent_.on_message(registered(), view_);
  EXPECT_NE(first<SayRegistered>(actions), nullptr);
  EXPECT_NE(heartbeat(actions), nullptr);
  EXPECT_TRUE(agent_.on_message(registered(), view_).empty()) << "a repeat";
}

TEST_F(AgentTest, SpeaksAtOnceWhenAConnectionStands) {
  agent_.on_tick(view_);
  EXPECT_TRUE(sends_register(agent_.on_connected(view_)));
  register_it();
  EXPECT_NE(heartbeat(agent_.on_connected(view_)), nullptr);
}

TEST_F(AgentTest, DoesNotTakeAWordThatIsMeantForItsPredecessor) {
  agent_.on_message(registered(kSelf - 1), view_);
  EXPECT_FALSE(agent_.registered());
  register_it();
  EXPECT_TRUE(agent_.on_message(directive(proto::Directive::ASSIGN, kSelf - 1), view_).empty());
}

TEST_F(AgentTest, BeatsEveryInterval) {
  register_it();
  EXPECT_EQ(heartbeat(agent_.on_tick(view_)), nullptr);
  pass(kEvery);
  const auto actions = agent_.on_tick(view_);
  ASSERT_NE(heartbeat(actions), nullptr);
  EXPECT_EQ(heartbeat(actions)->sequence(), 2u);
}

TEST_F(AgentTest, RegistersAnewWhenTheCoordinatorHasBeenSilentForALease) {
  register_it();
  job_in(proto::RUNNING);
  pass(kLease + 1);
  const auto actions = agent_.on_tick(view_);
  EXPECT_NE(first<SayCoordinatorSilent>(actions), nullptr);
  EXPECT_FALSE(agent_.registered());
  const auto back = agent_.on_message(registered(kSelf, 8), view_);
  ASSERT_NE(first<SayRegistered>(back), nullptr);
  EXPECT_TRUE(first<SayRegistered>(back)->again);
  ASSERT_NE(heartbeat(back), nullptr);
  EXPECT_EQ(heartbeat(back)->jobs_size(), 1) << "a running job goes on";
}

TEST_F(AgentTest, CreatesAJobOnce) {
  register_it();
  EXPECT_NE(first<CreateJob>(agent_.on_message(directive(proto::Directive::ASSIGN), view_)), nullptr);
  job_in(proto::PHASE_UNKNOWN);
  EXPECT_TRUE(agent_.on_message(directive(proto::Directive::ASSIGN), view_).empty());
}

TEST_F(AgentTest, PassesOnOnlyOrdersThatFitThePhase) {
  register_it();
  using Directive = proto::Directive;
  const struct {
    Directive::Want want;
    proto::Phase phase;
    bool fits;
  } kCases[] = {
      {Directive::CONNECT, proto::ASSIGNED, true}, {Directive::CONNECT, proto::RUNNING, false},
      {Directive::START, proto::CONNECTED, true},  {Directive::START, proto::ASSIGNED, false},
      {Directive::START, proto::ENDED, false},     {Directive::STOP, proto::RUNNING, true},
      {Directive::STOP, proto::ENDED, false},      {Directive::RELEASE, proto::ENDED, true},
      {Directive::RELEASE, proto::RUNNING, false}, {Directive::CANCEL, proto::FAILED, true},
      {Directive::CANCEL, proto::RUNNING, true},   {Directive::CANCEL, proto::RELEASED, false},
      {Directive::TUNE, proto::RUNNING, true},     {Directive::TUNE, proto::CONNECTED, false},
  };
  for (const auto& c : kCases) {
    job_in(c.phase);
    EXPECT_EQ(first<OrderJob>(agent_.on_message(directive(c.want), view_)) != nullptr, c.fits)
        << proto::Directive::Want_Name(c.want) << " in " << proto::Phase_Name(c.phase);
  }
}

TEST_F(AgentTest, ForgetsAJobOnceAHeartbeatThatShowedItReleasedIsConfirmed) {
  register_it();
  job_in(proto::RELEASED);
  const auto sent = agent_.on_jobs_changed(view_);
  ASSERT_NE(heartbeat(sent), nullptr);
  const auto sequence = heartbeat(sent)->sequence();
  EXPECT_EQ(first<ForgetJob>(agent_.on_message(ack(sequence - 1), view_)), nullptr);
  EXPECT_NE(first<ForgetJob>(agent_.on_message(ack(sequence), view_)), nullptr);
}

TEST_F(AgentTest, TellsOfAChangeAtOnce) {
  register_it();
  job_in(proto::FAILED);
  EXPECT_NE(heartbeat(agent_.on_jobs_changed(view_)), nullptr);
}

TEST_F(AgentTest, LeavesWhenItsLastJobIsGone) {
  register_it();
  job_in(proto::RUNNING);
  const auto asked = agent_.on_leave_request(view_);
  ASSERT_NE(heartbeat(asked), nullptr);
  EXPECT_TRUE(heartbeat(asked)->draining());
  EXPECT_EQ(first<Exit>(asked), nullptr);
  view_.jobs.clear();
  EXPECT_NE(first<Exit>(agent_.on_tick(view_)), nullptr);
  EXPECT_TRUE(agent_.on_tick(view_).empty());
}

TEST_F(AgentTest, SaysThatItTakesNoNewJobWhileItDrains) {
  register_it();
  job_in(proto::RUNNING);
  agent_.on_leave_request(view_);
  view_.jobs.clear();
  const auto refused = agent_.on_message(directive(proto::Directive::ASSIGN), view_);
  EXPECT_EQ(first<CreateJob>(refused), nullptr);
  ASSERT_NE(heartbeat(refused), nullptr);
  ASSERT_EQ(heartbeat(refused)->jobs_size(), 1);
  EXPECT_EQ(heartbeat(refused)->jobs(0).phase(), proto::FAILED);
  EXPECT_EQ(heartbeat(refused)->jobs(0).error().code(), "worker_draining");
  EXPECT_EQ(first<Exit>(agent_.on_tick(view_)), nullptr);  // The coordinator has to hear of it first.
  const auto cancelled = agent_.on_message(directive(proto::Directive::CANCEL), view_);
  ASSERT_NE(heartbeat(cancelled), nullptr);
  EXPECT_EQ(heartbeat(cancelled)->jobs(0).phase(), proto::RELEASED);
  agent_.on_message(ack(heartbeat(cancelled)->sequence()), view_);
  EXPECT_NE(first<Exit>(agent_.on_tick(view_)), nullptr);
}

TEST_F(AgentTest, AnswersACancelForAJobItNeverSaw) {
  register_it();
  const auto actions = agent_.on_message(directive(proto::Directive::CANCEL), view_);
  ASSERT_NE(heartbeat(actions), nullptr);
  ASSERT_EQ(heartbeat(actions)->jobs_size(), 1);
  EXPECT_EQ(heartbeat(actions)->jobs(0).phase(), proto::RELEASED);
  EXPECT_EQ(first<OrderJob>(actions), nullptr);
  const auto confirmed = agent_.on_message(ack(heartbeat(actions)->sequence()), view_);
  EXPECT_EQ(first<ForgetJob>(confirmed), nullptr);
}

TEST_F(AgentTest, LetsNoLateOrderBringAJobBack) {
  register_it();
  const auto actions = agent_.on_message(directive(proto::Directive::CANCEL), view_);
  EXPECT_EQ(first<CreateJob>(agent_.on_message(directive(proto::Directive::ASSIGN), view_)), nullptr);
  agent_.on_message(ack(heartbeat(actions)->sequence()), view_);
  EXPECT_EQ(first<CreateJob>(agent_.on_message(directive(proto::Directive::ASSIGN), view_)), nullptr);
  EXPECT_TRUE(agent_.on_message(directive(proto::Directive::CANCEL), view_).empty());
  agent_.on_message(registered(kSelf, 8), view_);  // Another coordinator begins to count anew.
  EXPECT_NE(first<CreateJob>(agent_.on_message(directive(proto::Directive::ASSIGN), view_)), nullptr);
}

TEST_F(AgentTest, RegistersAgainWhenTheCoordinatorDoesNotKnowIt) {
  register_it();
  pass(kEvery);
  EXPECT_TRUE(sends_register(agent_.on_message(refusal("not_registered"), view_)));
  EXPECT_FALSE(agent_.registered());
  EXPECT_FALSE(sends_register(agent_.on_message(refusal("not_registered"), view_)));  // Once is enough.
}

TEST_F(AgentTest, GivesUpWhenItsNameStaysTakenThoughItWasRegistered) {
  register_it();
  pass(kLease + 1);
  agent_.on_tick(view_);
  EXPECT_FALSE(first<SayRefused>(agent_.on_message(refusal("name_taken"), view_))->for_good);
  pass(6'000'000);
  EXPECT_TRUE(first<SayRefused>(agent_.on_message(refusal("name_taken"), view_))->for_good);
}

TEST_F(AgentTest, WaitsForANameThatMayBecomeFreeAndGivesUpOnWhatStays) {
  agent_.on_tick(view_);
  auto actions = agent_.on_message(refusal("name_taken"), view_);
  ASSERT_NE(first<SayRefused>(actions), nullptr);
  EXPECT_FALSE(first<SayRefused>(actions)->for_good);
  pass(6'000'000);
  actions = agent_.on_message(refusal("name_taken"), view_);
  EXPECT_TRUE(first<SayRefused>(actions)->for_good);
  Agent other(self());
  EXPECT_TRUE(first<SayRefused>(other.on_message(refusal("not_a_worker"), view_))->for_good);
}

TEST_F(AgentTest, StaysThroughARefusalOnceItHasBeenTaken) {
  register_it();
  pass(kLease + 1);
  agent_.on_tick(view_);
  const auto actions = agent_.on_message(refusal("not_ready"), view_);
  ASSERT_NE(first<SayRefused>(actions), nullptr);
  EXPECT_FALSE(first<SayRefused>(actions)->for_good);
}

}  // namespace
}  // namespace penstock::worker
