/// The shell: a coordinator on a thread of its own, and peers that speak to it over loopback.
#include "runtime/coordinator/coordinator.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "proto/messages.h"
#include "runtime/channel/control_client.h"
#include "tests/unit/runtime/coordinator/plans.h"

namespace penstock::coordinator {
namespace {

constexpr base::Micros kPatience = 20'000'000;

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest() {
    CoordinatorOptions options;
    options.address = "tcp://127.0.0.1:*";
    options.timing.lease = 5'000'000;
    auto bound = Coordinator::bind(transport_, options);
    EXPECT_TRUE(bound) << bound.error().text;
    coordinator_ = std::move(*bound);
    thread_ = std::thread([this] { coordinator_->run(stop_); });
  }
  ~CoordinatorTest() override {
    eventfd_write(stop_, 1);
    thread_.join();
    close(stop_);
  }

  class Speaker {
   public:
    Speaker(channel::TransportContext& transport, const std::string& address) {
      auto made = channel::ControlClient::connect(transport, address, {});
      EXPECT_TRUE(made);
      client_ = std::move(*made);
      wait([this] { return client_->link() == channel::ControlClient::Link::kConnected; });
    }
    void say(const proto::Envelope& envelope) { EXPECT_TRUE(client_->send(proto::encode(envelope))); }
    void say_bytes(const std::string& bytes) { EXPECT_TRUE(client_->send(bytes)); }
    /// The next message that `fits`; others are left out.
    template <class Fits>
    proto::Envelope hear(Fits fits) {
      proto::Envelope heard;
      EXPECT_TRUE(wait([&] {
        while (auto bytes = client_->receive()) {
          auto envelope = proto::decode(*bytes);
          EXPECT_TRUE(envelope);
          if (envelope && fits(*envelope)) {
            heard = *envelope;
            return true;
          }
        }
        return false;
      }));
      return heard;
    }
    proto::Answer ask(proto::Request request) {
      request.set_id(++asked_);
      proto::Envelope envelope;
      *envelope.mutable_request() = std::move(request);
      say(envelope);
      return hear([this](const auto& one) { return one.has_answer() && one.answer().id() == asked_; }).answer();
    }

   private:
    template <class Done>
    bool wait(Done done) {
      const base::Micros end = base::steady_now() + kPatience;
      while (!done()) {
        if (base::steady_now() > end) return false;
        pollfd readable{client_->descriptor(), POLLIN, 0};
        poll(&readable, 1, 10);
      }
      return true;
    }
    std::unique_ptr<channel::ControlClient> client_;
    std::uint64_t asked_ = 0;
  };

  Speaker speaker() { return {transport_, coordinator_->address()}; }
  static proto::Envelope registration() {
    proto::Envelope envelope;
    envelope.mutable_register_worker()->set_worker("w1");
    envelope.mutable_register_worker()->set_incarnation(5);
    envelope.mutable_register_worker()->set_slots(2);
    return envelope;
  }
  static proto::Envelope heartbeat(std::uint64_t sequence) {
    proto::Envelope envelope;
    envelope.mutable_heartbeat()->set_worker("w1");
    envelope.mutable_heartbeat()->set_incarnation(5);
    envelope.mutable_heartbeat()->set_sequence(sequence);
    return envelope;
  }
  static proto::Request submit(const std::string& text) {
    proto::Request request;
    request.mutable_submit()->set_file("rides.yaml");
    request.mutable_submit()->set_topology(text);
    request.mutable_submit()->set_key(7);
    return request;
  }
  static void join(Speaker& worker) {
    worker.say(registration());
    worker.hear([](const auto& one) { return one.has_registered(); });
    worker.say(heartbeat(1));
    worker.hear([](const auto& one) { return one.has_heartbeat_ack(); });
  }

  channel::TransportContext transport_{1};
  int stop_ = eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<Coordinator> coordinator_;
  std::thread thread_;
};

TEST_F(CoordinatorTest, PlansWhatIsSubmittedAndAssignsIt) {
  auto worker = speaker();
  join(worker);
  auto client = speaker();
  const auto answer = client.ask(submit(keyed_text()));
  EXPECT_EQ(answer.submitted().name(), "test");
  const auto told = worker.hear([](const auto& one) { return one.has_directive(); });
  EXPECT_EQ(told.directive().want(), proto::Directive::ASSIGN);
  EXPECT_NE(told.directive().assignment().plan_checksum(), 0U);
  EXPECT_EQ(client.ask(submit(keyed_text())).submitted().job(), answer.submitted().job());
}

TEST_F(CoordinatorTest, ShowsTheFaultsOfATopology) {
  auto client = speaker();
  const auto answer = client.ask(submit("penstock: 1\nname: test\nsources: {}\nsinks: {}\nwrong: 1\n"));
  EXPECT_EQ(answer.error().code(), "bad_topology");
  EXPECT_NE(answer.error().text().find("rides.yaml:5:1"), std::string::npos) << answer.error().text();
}

TEST_F(CoordinatorTest, AnswersOthersWhileOneTalksNonsense) {
  auto vandal = speaker();
  for (int i = 0; i < 50; ++i) vandal.say_bytes("nonsense " + std::to_string(i));
  proto::Envelope later;
  later.mutable_heartbeat();
  std::string newer = proto::encode(later);
  newer[1] = 9;  // The version.
  vandal.say_bytes(newer);
  const auto refused = vandal.hear([](const auto& one) { return one.has_answer(); });
  EXPECT_EQ(refused.answer().error().code(), "control_version");
  auto client = speaker();
  proto::Request request;
  request.mutable_list_jobs();
  EXPECT_TRUE(client.ask(request).has_jobs());
}

TEST_F(CoordinatorTest, NoticesAtOnceThatAWorkersConnectionIsGone) {
  auto client = speaker();
  proto::Request workers;
  workers.mutable_list_workers();
  {
    auto worker = speaker();
    join(worker);
    EXPECT_EQ(client.ask(workers).workers().workers(0).state(), proto::WorkerSummary::ACTIVE);
  }
  const base::Micros gone = base::steady_now();
  while (client.ask(workers).workers().workers(0).state() != proto::WorkerSummary::LOST)
    ASSERT_LT(base::steady_now() - gone, kPatience);
  EXPECT_LT(base::steady_now() - gone, 4'000'000);  // Before its lease has run out.
}

TEST_F(CoordinatorTest, HearsAGoodbyeThoughTheConnectionIsGoneAtOnce) {
  auto client = speaker();
  proto::Request workers;
  workers.mutable_list_workers();
  for (int i = 0; i < 20; ++i) {
    {
      auto worker = speaker();
      join(worker);
      worker.say(heartbeat(2));
      proto::Envelope leave;
      leave.mutable_leave()->set_worker("w1");
      leave.mutable_leave()->set_incarnation(5);
      worker.say(leave);
    }
    const base::Micros gone = base::steady_now();
    for (;;) {
      const proto::Answer answer = client.ask(workers);
      if (answer.workers().workers_size() == 0) break;
      ASSERT_LT(base::steady_now() - gone, kPatience);
      for (const auto& worker : answer.workers().workers()) ASSERT_NE(worker.state(), proto::WorkerSummary::LOST);
    }
  }
}

TEST(CoordinatorBind, SaysWhyItCannot) {
  channel::TransportContext transport{1};
  CoordinatorOptions options;
  options.address = "tcp://127.0.0.1:*";
  auto first = Coordinator::bind(transport, options);
  ASSERT_TRUE(first);
  options.address = (*first)->address();
  const auto second = Coordinator::bind(transport, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "port_in_use");
  options.address = "tcp://127.0.0.1:*";
  options.directory = "/proc/none/of/this";
  EXPECT_EQ(Coordinator::bind(transport, options).error().code, "state_unusable");
}

/// One byte of it, and the coordinator understood nothing of what its worker said.
TEST(Messages, AnErrorThatHoldsWhatStoodInTheInputIsText) {
  proto::Envelope envelope;
  proto::JobReport& report = *envelope.mutable_heartbeat()->add_jobs();
  *report.mutable_error() =
      proto::to_proto(base::Error{"bad_csv", "found \xff", base::Origin::kUser, false, "in-\xe9.csv at byte 0"});
  const auto decoded = proto::decode(proto::encode(envelope));
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(decoded->heartbeat().jobs(0).error().text(), "found \ufffd");
  EXPECT_EQ(decoded->heartbeat().jobs(0).error().where(), "in-\ufffd.csv at byte 0");
}

}  // namespace
}  // namespace penstock::coordinator
