/// stdout, tcp and discard.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operators/sinks/stdout_sink.h"
#include "operators/sinks/tcp_sink.h"
#include "tests/unit/operators/sinks/sink_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StreamSinkTest : public SinkTest {
 protected:
  StreamSinkTest() { signal(SIGPIPE, SIG_IGN); }
  RowText text() { return std::move(*RowText::make(spec())); }
  /// All that is there now.
  static std::string read_now(int descriptor) {
    std::string all;
    char piece[8192];
    for (;;) {
      const ssize_t got = recv_or_read(descriptor, piece, sizeof piece);
      if (got <= 0) return all;
      all.append(piece, static_cast<std::size_t>(got));
    }
  }
  static ssize_t recv_or_read(int descriptor, char* piece, std::size_t size) {
    const int flags = fcntl(descriptor, F_GETFL);
    fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    return read(descriptor, piece, size);
  }
  static std::string expected_lines(std::int64_t first, std::int64_t count) {
    std::string all;
    for (std::int64_t i = first; i < first + count; ++i) all += "{\"n\":" + std::to_string(i) + "}\n";
    return all;
  }
};

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    if (ends[0] >= 0) close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

TEST_F(StreamSinkTest, StdoutWritesWhenTheInputIsDrained) {
  Pipe pipe;
  StdoutSink sink(text(), true, pipe.ends[1]);
  ASSERT_TRUE(sink.open(context).has_value());
  sink.write(rows(1, 2), context);
  EXPECT_EQ(read_now(pipe.ends[0]), "");
  EXPECT_EQ(sink.idle(context), api::Step::kDone);
  EXPECT_EQ(read_now(pipe.ends[0]), expected_lines(1, 2));
  EXPECT_THAT(context.record.watched, IsEmpty());
}

TEST_F(StreamSinkTest, AtMostOnceRowsAreWrittenWhenTheirCheckpointIsComplete) {
  Pipe pipe;
  StdoutSink sink(text(), true, pipe.ends[1], true);
  ASSERT_TRUE(sink.open(context).has_value());
  sink.write(rows(1, 2), context);
  EXPECT_TRUE(stage(sink, 1));
  sink.write(rows(3, 1), context);
  EXPECT_EQ(read_now(pipe.ends[0]), "");
  EXPECT_TRUE(publish(sink, 1));
  EXPECT_EQ(read_now(pipe.ends[0]), expected_lines(1, 2));
  EXPECT_TRUE(stage(sink, 2));  // Given up.
  sink.write(rows(4, 100'000), context);
  EXPECT_TRUE(stage(sink, 3));
  EXPECT_TRUE(publish(sink, 3));
  std::string got;
  for (api::Step step = api::Step::kBlocked; step == api::Step::kBlocked; step = sink.idle(context))
    got += read_now(pipe.ends[0]);
  EXPECT_TRUE(got + read_now(pipe.ends[0]) == expected_lines(3, 100'001));
}

TEST_F(StreamSinkTest, StdoutNeverWaitsForASlowReader) {
  Pipe pipe;
  StdoutSink sink(text(), true, pipe.ends[1]);
  ASSERT_TRUE(sink.open(context).has_value());
  EXPECT_EQ(sink.write(rows(1, 100'000), context), api::Step::kBlocked);
  EXPECT_EQ(context.record.watched.count({pipe.ends[1], true}), 1u);
  std::string got;
  api::Step step = api::Step::kBlocked;
  while (step == api::Step::kBlocked) {
    got += read_now(pipe.ends[0]);
    step = sink.resume(context);
  }
  got += read_now(pipe.ends[0]);
  EXPECT_TRUE(got == expected_lines(1, 100'000));
  EXPECT_THAT(context.record.watched, IsEmpty());
}

TEST_F(StreamSinkTest, RowsOfTwoSinksDoNotMix) {
  Pipe pipe;
  StdoutSink one(text(), true, pipe.ends[1]);
  StdoutSink other(text(), false, pipe.ends[1]);
  ASSERT_TRUE(one.open(context).has_value() && other.open(context).has_value());
  EXPECT_EQ(one.write(rows(1, 50'000), context), api::Step::kBlocked);
  other.write(rows(900'000, 1), context);
  EXPECT_EQ(other.idle(context), api::Step::kBlocked) << "not in the middle of a row";
  std::string got;
  for (api::Step step = api::Step::kBlocked; step == api::Step::kBlocked; step = one.resume(context))
    got += read_now(pipe.ends[0]);
  got += read_now(pipe.ends[0]);
  EXPECT_EQ(other.resume(context), api::Step::kDone);
  got += read_now(pipe.ends[0]);
  EXPECT_TRUE(got == expected_lines(1, 50'000) + expected_lines(900'000, 1));
}

TEST_F(StreamSinkTest, AReaderThatGoesAwayEndsTheJobQuietly) {
  Pipe pipe;
  StdoutSink sink(text(), true, pipe.ends[1]);
  ASSERT_TRUE(sink.open(context).has_value());
  close(pipe.ends[0]);
  pipe.ends[0] = -1;
  sink.write(rows(1, 2), context);
  EXPECT_EQ(sink.idle(context), api::Step::kDone);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "consumer_closed");
}

TEST_F(StreamSinkTest, AFullDeviceFailsTheJob) {
  const int full = ::open("/dev/full", O_WRONLY);
  StdoutSink sink(text(), true, full);
  ASSERT_TRUE(sink.open(context).has_value());
  sink.write(rows(1, 2), context);
  sink.idle(context);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "disk_full");
  close(full);
}

TEST_F(StreamSinkTest, TcpRowsWaitForAClientAndGoToAll) {
  node.params.set("listen", std::string("127.0.0.1:0"));
  TcpSink sink(spec(), text());
  ASSERT_TRUE(sink.open(context).has_value());
  sink.write(rows(1, 2), context);
  EXPECT_EQ(sink.idle(context), api::Step::kBlocked) << "nobody is there";
  const std::string address = "127.0.0.1:" + std::to_string(sink.port());
  auto one = connect_to(address);
  auto other = connect_to(address);
  ASSERT_TRUE(one.has_value() && other.has_value());
  EXPECT_EQ(sink.resume(context), api::Step::kDone);
  EXPECT_EQ(read_now(one->get()), expected_lines(1, 2));
  EXPECT_EQ(read_now(other->get()), expected_lines(1, 2));
  other->close();
  std::string got;
  for (int i = 0; i < 3; ++i) {  // The first write to a closed connection may still succeed.
    sink.write(rows(i, 1), context);
    EXPECT_EQ(sink.idle(context), api::Step::kDone);
    got += read_now(one->get());
  }
  EXPECT_EQ(got, expected_lines(0, 3));
  EXPECT_FALSE(context.record.failure.has_value()) << "a client that goes is no failure";
}

TEST_F(StreamSinkTest, ASlowTcpClientHoldsTheSinkBack) {
  node.params.set("listen", std::string("127.0.0.1:0"));
  TcpSink sink(spec(), text());
  ASSERT_TRUE(sink.open(context).has_value());
  auto client = connect_to("127.0.0.1:" + std::to_string(sink.port()));
  ASSERT_TRUE(client.has_value());
  constexpr std::uint32_t kRows = 2'000'000;
  EXPECT_EQ(sink.write(rows(0, kRows), context), api::Step::kBlocked);
  std::string got;
  for (api::Step step = api::Step::kBlocked; step == api::Step::kBlocked; step = sink.resume(context))
    got += read_now(client->get());
  const std::string all = expected_lines(0, kRows);
  while (got.size() < all.size()) got += read_now(client->get());
  EXPECT_TRUE(got == all);
}

TEST_F(StreamSinkTest, ATcpServerThatGoesAwayFailsTheJob) {
  auto listener = listen_on("127.0.0.1:0");
  ASSERT_TRUE(listener.has_value());
  node.params.set("connect", "127.0.0.1:" + std::to_string(local_port(*listener)));
  TcpSink sink(spec(), text());
  ASSERT_TRUE(sink.open(context).has_value());
  auto peer = accept_from(*listener);
  ASSERT_TRUE(peer.has_value());
  sink.write(rows(1, 1), context);
  EXPECT_EQ(sink.idle(context), api::Step::kDone);
  EXPECT_EQ(read_now(peer->socket.get()), expected_lines(1, 1));
  peer->socket.close();
  for (int i = 0; i < 100 && !context.record.failure; ++i) {
    sink.write(rows(1, 1), context);
    sink.idle(context);
  }
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "connection_lost");
  EXPECT_TRUE(context.record.failure->restart_helps);
}

TEST_F(StreamSinkTest, TcpGreetsEachClientWithTheHeader) {
  node.format = "csv";
  node.params.set("listen", std::string("127.0.0.1:0"));
  TcpSink sink(spec(), text());
  ASSERT_TRUE(sink.open(context).has_value());
  auto client = connect_to("127.0.0.1:" + std::to_string(sink.port()));
  ASSERT_TRUE(client.has_value());
  for (int i = 0; i < 2; ++i) {
    sink.write(rows(i, 1), context);
    EXPECT_EQ(sink.idle(context), api::Step::kDone);
  }
  EXPECT_EQ(read_now(client->get()), "n\n0\n1\n");
}

TEST_F(StreamSinkTest, DiscardCounts) {
  node.verb = "discard";
  const auto sink = open();
  sink->write(rows(0, 7), context);
  EXPECT_EQ(context.counters().passed.get(), 7u);
}

}  // namespace
}  // namespace penstock::operators
