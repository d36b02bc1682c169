#include "runtime/channel/zap_guard.h"

#include <gmock/gmock.h>

#include <zmq.hpp>

#include "runtime/channel/link_watch.h"
#include "runtime/channel/random_name.h"
#include "tests/unit/runtime/channel/control_fixture.h"
#include "tests/unit/runtime/channel/private_directory.h"

namespace penstock::channel {
namespace {

using Link = ControlClient::Link;

constexpr ControlLimits hasty() {
  ControlLimits limits;
  limits.handshake_ms = 300;
  return limits;
}

struct ZapGuardTest : testing::Test {
  ZapGuardTest() {
    list({{"w1", worker, "worker"}, {"ops", submitter, "submit"}});
    guard = std::move(ZapGuard::start(context, admission).value());
    server = ControlFixture::make_server(context, "tcp://127.0.0.1:*", {coordinator, &admission}, hasty());
  }
  struct Line {
    std::string name;
    KeyPair keys;
    std::string role;
  };
  void list(const std::vector<Line>& lines) {
    std::string text;
    for (const Line& line : lines) text += line.name + " " + line.keys.public_key + " " + line.role + "\n";
    const auto loaded = admission.load(directory.write("access", text));
    ASSERT_TRUE(loaded) << loaded.error().text;
  }
  std::unique_ptr<ControlClient> client(const KeyPair& keys) {
    return ControlFixture::make_client(outside, server->address(), {keys, coordinator.public_key});
  }
  std::optional<ControlServer::Received> next() { return ControlFixture::next(*server); }
  /// True: nothing but silence is heard while this one tries.
  void expect_refused(const ClientSecurity& security, const std::string& code) {
    const auto one = ControlFixture::make_client(outside, server->address(), security);
    EXPECT_TRUE(ControlFixture::reaches(*one, Link::kRefused));
    EXPECT_EQ(one->refusal().code, code) << one->refusal().text;
    EXPECT_FALSE(one->send("let me in"));
    EXPECT_FALSE(server->receive());
  }

  const PrivateDirectory directory;
  const KeyPair coordinator = *generate_keys(), worker = *generate_keys(), submitter = *generate_keys(),
                stranger = *generate_keys();
  TransportContext context{1}, outside{1};
  Admission admission;
  std::unique_ptr<ZapGuard> guard;
  std::unique_ptr<ControlServer> server;
};

TEST_F(ZapGuardTest, LetsInWhoIsListedAndSaysWhoItIs) {
  const auto one = client(worker), two = client(submitter);
  ASSERT_TRUE(ControlFixture::reaches(*one, Link::kConnected));
  ASSERT_TRUE(one->send("1"));
  auto received = next();
  ASSERT_TRUE(received && received->access);
  EXPECT_EQ(received->access->name, "w1");
  EXPECT_EQ(received->access->role, Role::kWorker);
  EXPECT_EQ(received->access->public_key, worker.public_key);
  ASSERT_TRUE(server->send(received->peer, "answer"));
  EXPECT_EQ(ControlFixture::next(*one), "answer");
  ASSERT_TRUE(ControlFixture::reaches(*two, Link::kConnected));
  ASSERT_TRUE(two->send("2"));
  received = next();
  ASSERT_TRUE(received && received->access);
  EXPECT_EQ(received->access->name, "ops");
  EXPECT_EQ(received->access->role, Role::kSubmit);
}

TEST_F(ZapGuardTest, RefusesAKeyThatIsNotListed) {
  expect_refused({stranger, coordinator.public_key}, "key_refused");
  EXPECT_GE(guard->denied(), 1u);
  const auto denied = guard->take_denied();
  ASSERT_FALSE(denied.empty());
  EXPECT_EQ(denied[0].host, "127.0.0.1");
  EXPECT_EQ(denied[0].public_key, stranger.public_key);
  EXPECT_EQ(denied[0].domain, kControlDomain);
  EXPECT_TRUE(guard->take_denied().empty());
}

TEST_F(ZapGuardTest, RefusesAPeerWithoutKeys) { expect_refused({}, "keys_mismatch"); }

TEST_F(ZapGuardTest, IsNotTalkedToByAPeerThatExpectsAnotherKey) {
  expect_refused({worker, stranger.public_key}, "server_key_wrong");
}

TEST_F(ZapGuardTest, DeniesEverybodyOnceItIsGone) {
  guard.reset();
  const auto one = client(worker);
  EXPECT_TRUE(ControlFixture::reaches(*one, Link::kRefused));
  EXPECT_FALSE(one->send("x"));
}

TEST(ZapGuardless, ContextDeniesEverybody) {
  const KeyPair coordinator = *generate_keys(), worker = *generate_keys();
  TransportContext context{1};
  Admission admission;
  const auto server = ControlFixture::make_server(context, "tcp://127.0.0.1:*", {coordinator, &admission}, hasty());
  const auto one = ControlFixture::make_client(context, server->address(), {worker, coordinator.public_key});
  EXPECT_TRUE(ControlFixture::reaches(*one, Link::kRefused));
}

TEST_F(ZapGuardTest, RefusesAPlainServersClientWithKeys) {
  const auto plain = ControlFixture::make_server(context, "tcp://127.0.0.1:*");
  const auto one = ControlFixture::make_client(outside, plain->address(), {worker, coordinator.public_key});
  EXPECT_TRUE(ControlFixture::reaches(*one, Link::kRefused));
  // Whether it has heard what the server speaks, when that hangs up, is a matter of luck.
  EXPECT_THAT(one->refusal().code, testing::AnyOf("server_key_wrong", "keys_mismatch"));
}

/// Its connection still stands, and is not heard any more, nor spoken to.
TEST_F(ZapGuardTest, StopsListeningToAKeyThatIsTakenAway) {
  const auto one = client(worker), two = client(submitter);
  ASSERT_TRUE(ControlFixture::reaches(*one, Link::kConnected) && ControlFixture::reaches(*two, Link::kConnected));
  ASSERT_TRUE(one->send("before"));
  const auto before = next();
  ASSERT_TRUE(before);
  list({{"ops", submitter, "read"}});
  ASSERT_TRUE(one->send("after"));
  EXPECT_EQ(server->send(before->peer, "x").error().code, "peer_gone");
  ASSERT_TRUE(wait_for({server->descriptor()}, [&] {
    EXPECT_FALSE(server->receive());
    return server->refused().unauthorized == 1;
  }));
  ASSERT_TRUE(two->send("still here"));
  const auto received = next();
  ASSERT_TRUE(received && received->access);
  EXPECT_EQ(received->access->role, Role::kRead) << "a role counts as it is now";
  list({{"w1", worker, "worker"}});
  ASSERT_TRUE(one->send("again"));
  EXPECT_TRUE(next());
}

/// A peer of libzmq's own making, to claim what our client would not.
struct BareCurvePeer {
  BareCurvePeer(zmq::context_t& context, const std::string& address, const KeyPair& keys, const std::string& server_key,
                const std::string& routing_id)
      : socket(context, zmq::socket_type::dealer) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::curve_serverkey, server_key);
    socket.set(zmq::sockopt::curve_publickey, keys.public_key);
    socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
    socket.set(zmq::sockopt::routing_id, routing_id);
    const std::string property = std::string(kKeyProperty) + ":" + claimed;
    constexpr int kMetadata = 95;  // ZMQ_METADATA, which zmq.h names for builds of draft functions only.
    EXPECT_EQ(zmq_setsockopt(socket.handle(), kMetadata, property.data(), property.size()), 0);
    socket.connect(address);
  }
  static inline std::string claimed = "x";
  zmq::socket_t socket;
};

TEST_F(ZapGuardTest, BelievesTheGuardAndNotThePeerAboutItsKey) {
  zmq::context_t bare;
  BareCurvePeer::claimed = worker.public_key;
  BareCurvePeer peer(bare, server->address(), submitter, coordinator.public_key, "somebody");
  peer.socket.send(zmq::buffer("x", 1));
  const auto received = next();
  ASSERT_TRUE(received && received->access);
  EXPECT_EQ(received->access->name, "ops");
  EXPECT_EQ(received->access->public_key, submitter.public_key);
}

TEST_F(ZapGuardTest, DoesNotHearANameUnderAnotherKey) {
  zmq::context_t bare;
  {
    BareCurvePeer owner(bare, server->address(), worker, coordinator.public_key, "name-of-w1");
    owner.socket.send(zmq::buffer("mine", 4));
    const auto received = next();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->peer, "name-of-w1");
  }
  ASSERT_TRUE(wait_for({server->descriptor()}, [&] { return !server->receive() && server->take_disconnect(); }));
  BareCurvePeer thief(bare, server->address(), submitter, coordinator.public_key, "name-of-w1");
  thief.socket.send(zmq::buffer("mine now", 8));
  ASSERT_TRUE(wait_for({server->descriptor()}, [&] {
    EXPECT_FALSE(server->receive());
    return server->refused().unauthorized == 1;
  }));
}

/// The mailboxes of a worker: what other workers of the job may put into them.
struct Inbox {
  Inbox(TransportContext& context, const InboxSecurity& security) : mailbox(context, "inbox", 0, {0, 1, 2}) {
    address = mailbox.listen("tcp://127.0.0.1:0", security).value();
  }
  Mailbox mailbox;
  std::string address;
};

struct DataInboxTest : ZapGuardTest {
  /// What becomes of a worker's outbox that connects to `inbox`.
  LinkWatch::What outcome(Inbox& inbox, const ClientSecurity& security) {
    Mailbox sender(outside, "sender" + std::to_string(++senders), 1, {1, 1, 2});
    LinkWatch watch(outside);
    EXPECT_TRUE(sender.connect(0, inbox.address, watch, security));
    std::vector<LinkWatch::Event> events;
    while (events.empty()) {
      watch.wait({}, 10'000);
      events = watch.take();
    }
    return events[0].what;
  }
  int senders = 0;
};

TEST_F(DataInboxTest, TakesFramesOfTheJobsWorkersOnly) {
  const KeyPair receiver = *generate_keys();
  Inbox inbox(context, {receiver, data_domain(7, 1)});
  using What = LinkWatch::What;
  EXPECT_EQ(outcome(inbox, {worker, receiver.public_key}), What::kRefused);
  admission.admit(data_domain(7, 1), {worker.public_key});
  EXPECT_EQ(outcome(inbox, {worker, receiver.public_key}), What::kUp);
  EXPECT_EQ(outcome(inbox, {stranger, receiver.public_key}), What::kRefused);
  EXPECT_EQ(outcome(inbox, {submitter, receiver.public_key}), What::kRefused) << "listed at the coordinator, not here";
  EXPECT_EQ(outcome(inbox, {worker, stranger.public_key}), What::kRefused);
  EXPECT_EQ(outcome(inbox, {}), What::kRefused);
  admission.admit(data_domain(8, 1), {stranger.public_key});
  EXPECT_EQ(outcome(inbox, {stranger, receiver.public_key}), What::kRefused) << "of another job";
  admission.forget(data_domain(7, 1));
  EXPECT_EQ(outcome(inbox, {worker, receiver.public_key}), What::kRefused);
}

TEST_F(DataInboxTest, TakesFramesWithoutKeysOfThoseOnlyWhoKnowTheToken) {
  Inbox inbox(context, {{}, data_domain(7, 1)});
  using What = LinkWatch::What;
  const std::string token = random_token();
  EXPECT_NE(token, random_token());
  EXPECT_EQ(outcome(inbox, {{}, {}, token}), What::kRefused) << "not admitted yet";
  admission.admit(data_domain(7, 1), {token});
  admission.admit(data_domain(8, 1), {random_token()});
  EXPECT_EQ(outcome(inbox, {{}, {}, token}), What::kUp);
  EXPECT_EQ(outcome(inbox, {}), What::kRefused);
  EXPECT_EQ(outcome(inbox, {{}, {}, token.substr(1)}), What::kRefused);
  EXPECT_EQ(outcome(inbox, {{}, {}, random_token()}), What::kRefused);
  EXPECT_EQ(outcome(inbox, {worker, coordinator.public_key}), What::kRefused) << "a key is no token";
  for (const ZapGuard::Denied& denied : guard->take_denied()) EXPECT_EQ(denied.public_key, "") << "a token is a secret";
  admission.forget(data_domain(7, 1));
  EXPECT_EQ(outcome(inbox, {{}, {}, token}), What::kRefused);
}

TEST_F(DataInboxTest, CarriesFramesEncrypted) {
  const KeyPair receiver = *generate_keys();
  admission.admit(data_domain(7, 1), {worker.public_key});
  Inbox inbox(context, {receiver, data_domain(7, 1)});
  Mailbox sender(outside, "sender", 1, {1, 1, 2});
  LinkWatch watch(outside);
  ASSERT_TRUE(sender.connect(0, inbox.address, watch, {worker, receiver.public_key}));
  while (watch.take().empty()) watch.wait({}, 10'000);
  record::FramePool pool;
  record::Frame* frame = pool.take(8);
  frame->header.payload_bytes = 8;
  frame->header.sequence = 41;
  sender.send(0, frame);
  record::Frame* arrived = nullptr;
  record::SizedFrames frames;
  ASSERT_TRUE(eventually([&] { return (arrived = inbox.mailbox.receive(frames)) != nullptr; }));
  EXPECT_EQ(arrived->header.sequence, 41u);
  record::FramePool::give_back(arrived);
}

}  // namespace
}  // namespace penstock::channel
