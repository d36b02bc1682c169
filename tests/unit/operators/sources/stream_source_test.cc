/// stdin and tcp: what is sent through a descriptor.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operators/sources/stdin_source.h"
#include "operators/sources/tcp_source.h"
#include "tests/unit/operators/sources/source_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StreamSourceTest : public SourceTest {
 protected:
  static void send_text(const Descriptor& socket, const std::string& text) {
    ASSERT_EQ(send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  static Descriptor connect(int port) {
    auto socket = connect_to("127.0.0.1:" + std::to_string(port));
    EXPECT_TRUE(socket.has_value()) << socket.error().text;
    return std::move(*socket);
  }
  /// Loopback delivers at once, but the closing of a connection may take a moment to be seen.
  api::Step read_to_end(api::Source& source, api::PartitionId partition) {
    api::Step step = api::Step::kIdle;
    while (step != api::Step::kDone) step = read_on(source, context, partition);
    return step;
  }
};

TEST_F(StreamSourceTest, StdinIsIdleUntilSomethingComesAndEndsWhenItIsClosed) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  StdinSource source({node, {}, {}}, ends[0]);
  ASSERT_TRUE(source.open(context).has_value());
  EXPECT_FALSE(context.record.partitions[0].second) << "unbounded";
  EXPECT_EQ(context.record.watched.count({ends[0], false}), 1u);
  EXPECT_EQ(source.read(0, 10, context), api::Step::kIdle);
  ASSERT_EQ(write(ends[1], "one\ntw", 6), 6);
  EXPECT_EQ(read_on(source, context, 0), api::Step::kIdle);
  EXPECT_THAT(context.rows(), ElementsAre("one"));
  ASSERT_EQ(write(ends[1], "o", 1), 1);
  close(ends[1]);
  EXPECT_EQ(read_on(source, context, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("one", "two"));
  EXPECT_THAT(context.record.watched, IsEmpty());
  close(ends[0]);
}

TEST_F(StreamSourceTest, StdinMayBeAFileAndBelongsToTheFirstTask) {
  const int file = ::open(write_file("a", "one\ntwo\n").c_str(), O_RDONLY);
  StdinSource other({node, {}, {1, 2}}, file);
  support::FakeContext others;
  ASSERT_TRUE(other.open(others).has_value());
  EXPECT_THAT(others.record.partitions, IsEmpty());
  EXPECT_TRUE(others.record.partitions_complete);
  StdinSource source({node, {}, {0, 2}}, file);
  ASSERT_TRUE(source.open(context).has_value());
  EXPECT_THAT(context.record.watched, IsEmpty()) << "files cannot be watched";
  EXPECT_EQ(read_on(source, context, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("one", "two"));
  close(file);
}

TEST_F(StreamSourceTest, ATcpServerMakesAPartitionOfEachConnection) {
  node.params.set("listen", std::string("127.0.0.1:0"));
  TcpSource source({node, {}, {}});
  ASSERT_TRUE(source.open(context).has_value());
  EXPECT_THAT(context.record.partitions, IsEmpty());
  Descriptor first = connect(source.port());
  send_text(first, "a\nb\npart");
  source.poll(context);
  ASSERT_EQ(context.record.partitions.size(), 1u);
  EXPECT_THAT(context.record.partitions[0].first, HasSubstr("127.0.0.1:"));
  while (context.rows().size() < 2) read_on(source, context, 0);
  EXPECT_THAT(context.rows(), ElementsAre("a", "b"));
  Descriptor second = connect(source.port());
  first.close();
  EXPECT_EQ(read_to_end(source, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("a", "b", "part"));
  send_text(second, "c\n");
  while (context.rows().size() < 4) read_on(source, context, 1);
  EXPECT_EQ(context.rows().back(), "c");
  EXPECT_FALSE(context.record.partitions_complete) << "a server never ends";
  EXPECT_EQ(context.record.watched.size(), 2u) << "the listener and the second connection";
}

TEST_F(StreamSourceTest, ABadHeaderOfOneConnectionIsAnErrorOfThatOneAlone) {
  node.format = "csv";
  node.params.set("listen", std::string("127.0.0.1:0"));
  TcpSource source({node, {}, {}});
  ASSERT_TRUE(source.open(context).has_value());
  Descriptor bad = connect(source.port());
  send_text(bad, "wrong\na\nb\n");
  while (context.record.partitions.empty()) source.poll(context);
  Descriptor good = connect(source.port());
  send_text(good, "line\nc\n");
  bad.close();
  good.close();
  while (context.record.partitions.size() < 2) source.poll(context);
  EXPECT_EQ(read_to_end(source, 0), api::Step::kDone);
  EXPECT_EQ(read_to_end(source, 1), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("c"));
  EXPECT_THAT(context.fault_codes(), ElementsAre("missing_column"));
  EXPECT_FALSE(context.record.failure.has_value());
}

TEST_F(StreamSourceTest, ATcpClientEndsWhenTheServerCloses) {
  auto listener = listen_on("127.0.0.1:0");
  ASSERT_TRUE(listener.has_value());
  node.params.set("connect", "127.0.0.1:" + std::to_string(local_port(*listener)));
  TcpSource source({node, {}, {}});
  ASSERT_TRUE(source.open(context).has_value());
  EXPECT_TRUE(context.record.partitions_complete);
  auto peer = accept_from(*listener);
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(source.read(0, 10, context), api::Step::kIdle);
  send_text(peer->socket, "a\nb\n");
  peer->socket.close();
  EXPECT_EQ(read_to_end(source, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("a", "b"));
  EXPECT_FALSE(context.record.failure.has_value());
}

TEST_F(StreamSourceTest, SaysWhyItCannotConnectOrListen) {
  node.verb = "tcp";
  auto taken = listen_on("127.0.0.1:0");
  ASSERT_TRUE(taken.has_value());
  const std::string address = "127.0.0.1:" + std::to_string(local_port(*taken));
  node.params.set("listen", address);
  EXPECT_EQ(open_error().code, "port_in_use");
  node.params.set("listen", std::string("0.0.0.0:0"));
  EXPECT_EQ(open_error().code, "address_not_loopback");
  node.params.set("listen", std::string("7000"));
  EXPECT_EQ(open_error().code, "bad_address");
  node.params = {};
  taken->close();
  node.params.set("connect", address);
  EXPECT_EQ(open_error().code, "connection_refused");
  EXPECT_THAT(open_error().text, HasSubstr(address));
}

TEST_F(StreamSourceTest, ParsesAddresses) {
  EXPECT_EQ(parse_endpoint("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_endpoint("localhost:65535")->port, "65535");
  for (const char* bad : {"", ":", "a:", ":1", "a:b", "a:65536", "::1:5", "[]:5", "a:-1", "a:123456"})
    EXPECT_FALSE(parse_endpoint(bad).has_value()) << bad;
}

}  // namespace
}  // namespace penstock::operators
