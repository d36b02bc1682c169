/// `tcp` with `journal: true`: connections that broke are read from their journals, those that are made anew apart.
#include <sys/socket.h>

#include <optional>

#include "operators/sources/tcp_source.h"
#include "tests/unit/operators/sources/journal_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;

class TcpJournalTest : public JournalTest {
 protected:
  TcpJournalTest() { node.verb = "tcp"; }
};

TEST_F(TcpJournalTest, AConnectionThatBrokeIsReadFromItsJournalAndTheNextIsAnother) {
  node.params.set("listen", std::string("127.0.0.1:0"));
  support::FakeContext next;
  next.world.journals = context.world.journals;
  {
    TcpSource source(api::NodeSpec{node, {}, {}});
    ASSERT_TRUE(source.open(context).has_value());
    auto client = connect_to("127.0.0.1:" + std::to_string(source.port()));
    ASSERT_TRUE(client.has_value());
    ASSERT_EQ(::send(client->get(), "one\ntwo\n", 8, 0), 8);
    while (context.record.partitions.empty()) source.poll(context);
    while (context.rows().size() < 2) source.read(0, 1, context);
    next.world.positions[context.record.partitions[0].first] = StreamPosition{4, false, ""}.text();
  }
  TcpSource source(api::NodeSpec{node, {}, {}});
  ASSERT_TRUE(source.open(next).has_value());
  ASSERT_EQ(next.record.partitions.size(), 1u);
  EXPECT_EQ(read_on(source, next, 0), api::Step::kDone);
  EXPECT_THAT(next.rows(), ElementsAre("two"));
}

/// Of a connection that was closed, and read to its end behind the checkpoint. Once the end was not kept.
TEST_F(TcpJournalTest, TheLastLineOfAConnectionThatWasClosedNeedsNoNewlineInAReplayEither) {
  node.params.set("listen", std::string("127.0.0.1:0"));
  support::FakeContext next;
  next.world.journals = context.world.journals;
  {
    TcpSource source(api::NodeSpec{node, {}, {}});
    ASSERT_TRUE(source.open(context).has_value());
    auto client = connect_to("127.0.0.1:" + std::to_string(source.port()));
    ASSERT_TRUE(client.has_value());
    ASSERT_EQ(::send(client->get(), "one\ntwo", 7, 0), 7);
    client = Descriptor();
    while (context.record.partitions.empty()) source.poll(context);
    while (source.read(0, 1, context) != api::Step::kDone) {
    }
    EXPECT_THAT(context.rows(), ElementsAre("one", "two"));
    next.world.positions[context.record.partitions[0].first] = StreamPosition{4, false, ""}.text();
  }
  TcpSource source(api::NodeSpec{node, {}, {}});
  ASSERT_TRUE(source.open(next).has_value());
  EXPECT_EQ(read_on(source, next, 0), api::Step::kDone);
  EXPECT_THAT(next.rows(), ElementsAre("two"));
}

/// A server to connect to, whose attempts are made one after the other.
class ConnectJournalTest : public TcpJournalTest {
 protected:
  ConnectJournalTest() { node.params.set("connect", "127.0.0.1:" + std::to_string(local_port(*server_))); }
  std::unique_ptr<TcpSource> attempt(support::FakeContext& in) {
    in.world.journals = directory + "/journals";
    auto source = std::make_unique<TcpSource>(api::NodeSpec{node, {}, {}});
    const auto opened = source->open(in);
    EXPECT_TRUE(opened.has_value()) << opened.error().text;
    return source;
  }
  static void read_until_done(TcpSource& source, support::FakeContext& in, api::PartitionId partition) {
    while (read_on(source, in, partition) != api::Step::kDone) {
    }
  }
  Peer accept_and_send(const std::string& text) {
    auto peer = accept_from(*server_);
    EXPECT_TRUE(peer.has_value());
    EXPECT_EQ(::send(peer->socket.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    return std::move(*peer);
  }
  base::Result<Descriptor> server_ = listen_on("127.0.0.1:0");
  api::SavedParts saved_;
};

/// All rows came a second time, or (where the server had gone) the job could not go on.
TEST_F(ConnectJournalTest, AServerThatHadClosedIsNotAskedAgainThoughNoCheckpointKnowsIt) {
  {
    const auto source = attempt(context);
    accept_and_send("one\ntwo").socket.close();
    read_until_done(*source, context, 0);
    EXPECT_THAT(context.rows(), ElementsAre("one", "two"));
  }
  for (const bool server_is_there : {true, false}) {
    if (!server_is_there) server_->close();
    support::FakeContext next;
    next.world.positions[node.params.text("connect")] = StreamPosition{4, false, ""}.text();
    const auto source = attempt(next);
    ASSERT_EQ(next.record.partitions.size(), 1u);
    EXPECT_TRUE(next.record.partitions_complete);
    read_until_done(*source, next, 0);
    EXPECT_THAT(next.rows(), ElementsAre("two"));
    EXPECT_FALSE(server_is_there && accept_from(*server_).has_value());
    api::SavedParts parts;
    source->save(parts);
    EXPECT_EQ(parts.count("ended"), 1u) << "checkpoints that no longer need the journal know it";
  }
}

/// The journal of a name that was given again came before that of an older one.
TEST_F(ConnectJournalTest, AServerThatHadClosedAnyOfTheConnectionsThatAreLeftIsNotAskedAgain) {
  const std::string name = node.params.text("connect"), journals = directory + "/journals";
  auto ended = PartitionJournal::open(journals, node.name, name, 0);
  ASSERT_TRUE(ended) << ended.error().text;
  ASSERT_TRUE((*ended)->append("one\n"));
  ASSERT_TRUE((*ended)->append_end());
  auto broken = PartitionJournal::open(journals, node.name, name + "#2", 0);
  ASSERT_TRUE(broken && (*broken)->append("two\n"));
  const auto source = attempt(context);
  EXPECT_EQ(context.record.partitions.size(), 2u);
  EXPECT_FALSE(accept_from(*server_).has_value());
}

TEST_F(ConnectJournalTest, ANameIsNotGivenAgainThoughItsJournalIsGone) {
  {
    const auto source = attempt(context);
    source->save(saved_);
  }
  support::FakeContext next;
  api::Restored restored{{saved_}, 0, 1};
  next.world.restored = &restored;
  std::filesystem::remove_all(directory + "/journals");
  const auto source = attempt(next);
  ASSERT_EQ(next.record.partitions.size(), 1u);
  EXPECT_EQ(next.record.partitions[0].first, node.params.text("connect") + "#2");
}

TEST_F(ConnectJournalTest, AServerThatWasStillThereIsAskedAgain) {
  std::optional<Peer> peer;
  {
    const auto source = attempt(context);
    peer = accept_and_send("one\ntw");
    while (context.rows().empty()) read_on(*source, context, 0);
  }
  support::FakeContext next;
  const auto source = attempt(next);
  ASSERT_EQ(next.record.partitions.size(), 2u);
  read_until_done(*source, next, 0);
  accept_and_send("three\n").socket.close();
  read_until_done(*source, next, 1);
  EXPECT_THAT(next.rows(), ElementsAre("one", "three"));
}

/// A reset is no end: the journal said so, though the job fails and is to connect again.
TEST_F(ConnectJournalTest, AConnectionThatWasLostIsMadeAgain) {
  {
    const auto source = attempt(context);
    Peer peer = accept_and_send("one\ntw");
    while (context.rows().empty()) read_on(*source, context, 0);
    const linger at_once{1, 0};
    ASSERT_EQ(setsockopt(peer.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    peer.socket.close();
    read_until_done(*source, context, 0);
    ASSERT_TRUE(context.record.failure.has_value());
    EXPECT_EQ(context.record.failure->code, "connection_lost");
    EXPECT_THAT(context.rows(), ElementsAre("one")) << "the rest of that line never came";
  }
  support::FakeContext next;
  const auto source = attempt(next);
  EXPECT_EQ(next.record.partitions.size(), 2u);
  EXPECT_TRUE(accept_from(*server_).has_value());
  read_until_done(*source, next, 0);
  EXPECT_THAT(next.rows(), ElementsAre("one"));
}

}  // namespace
}  // namespace penstock::operators
