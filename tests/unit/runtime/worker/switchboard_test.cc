#include "runtime/worker/switchboard.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <zmq.hpp>

#include "runtime/channel/link_watch.h"

namespace penstock::worker {
namespace {

using record::FrameHeader;
using record::FrameKind;

constexpr RunKey kRun{7, 2};

/// An executor's channel ends with one channel (number 3) from executor 1, which is a bare ZeroMQ socket that says what
/// it likes.
class SwitchboardTest : public testing::Test {
 protected:
  SwitchboardTest() : board_(transport_, "board", kRun, 0, {0, 1, 2}), peer_(context_, zmq::socket_type::push) {
    board_.runnable().push_back(0);
    board_.add_in(3, 1, 0, 1 << 20);
    address_ = board_.listen("tcp://127.0.0.1:0").value();
    peer_.set(zmq::sockopt::linger, 1000);
    peer_.connect(address_);
  }

  static FrameHeader data(std::uint64_t sequence) {
    FrameHeader header;
    header.job = kRun.job;
    header.attempt = kRun.attempt;
    header.channel = 3;
    header.sequence = sequence;
    return header;
  }
  static std::string bytes(FrameHeader header, const std::string& payload = {}) {
    header.payload_bytes = static_cast<std::uint32_t>(payload.size());
    const auto head = record::encode_header(header, std::as_bytes(std::span(payload)));
    return std::string(reinterpret_cast<const char*>(head.data()), head.size()) + payload;
  }
  void say(const std::string& message) { peer_.send(zmq::buffer(message), zmq::send_flags::none); }
  /// Drains until something has come; false when that ended the attempt.
  bool hears() {
    pollfd inbox{board_.inboxes()[0], POLLIN, 0};
    if (board_.drain(100), board_.error()) return false;
    poll(&inbox, 1, 5'000);
    return board_.drain(100);
  }
  std::string fault_of(const std::string& message) {
    say(message);
    for (int i = 0; i < 10 && hears(); ++i) continue;
    return board_.error() ? board_.error()->code : "";
  }

  channel::TransportContext transport_{1};
  Switchboard board_;
  zmq::context_t context_;
  zmq::socket_t peer_;
  std::string address_;
};

TEST_F(SwitchboardTest, ListensToOtherProcessesOnItsOwnSocketOnly) {
  EXPECT_EQ(board_.inboxes().size(), 1u);
  EXPECT_EQ(board_.remote_peers(), std::vector<int>{1});
}

TEST_F(SwitchboardTest, TakesFramesInOrder) {
  say(bytes(data(0), "abcdefgh"));
  while (board_.in(3)->empty()) ASSERT_TRUE(hears());
  EXPECT_EQ(board_.runnable()[0], 1);
  EXPECT_EQ(board_.in(3)->front()->bytes().size(), 8u);
}

TEST_F(SwitchboardTest, EndsTheAttemptOnAGap) { EXPECT_EQ(fault_of(bytes(data(1))), "frame_gap"); }

TEST_F(SwitchboardTest, EndsTheAttemptOnARepeat) {
  say(bytes(data(0)));
  EXPECT_EQ(fault_of(bytes(data(0))), "frame_repeat");
  EXPECT_EQ(board_.broken_frames(), 1u);
}

TEST_F(SwitchboardTest, EndsTheAttemptOnADamagedFrame) {
  std::string frame = bytes(data(0), "abcdefgh");
  frame[50] = static_cast<char>(frame[50] ^ 4);
  EXPECT_EQ(fault_of(frame), "frame_checksum");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnAShortMessage) { EXPECT_EQ(fault_of("hello"), "frame_short"); }

/// What looks like the handle of a frame of this process is eight bytes of a stranger.
TEST_F(SwitchboardTest, NeverTakesAStrangersBytesForAHandle) {
  const auto* address = &board_;
  EXPECT_EQ(fault_of(std::string(reinterpret_cast<const char*>(&address), sizeof address)), "frame_short");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnALengthThatIsNotTheMessages) {
  FrameHeader header = data(0);
  std::string frame = bytes(header, "abcdefgh");
  frame.pop_back();
  EXPECT_EQ(fault_of(frame), "frame_length");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnAnUnknownVersionOrKind) {
  std::string frame = bytes(data(0));
  frame[0] = 9;
  EXPECT_EQ(fault_of(frame), "frame_version");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnAnUnknownKind) {
  std::string frame = bytes(data(0));
  frame[1] = 77;
  EXPECT_EQ(fault_of(frame), "frame_kind");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnAChannelThatDoesNotEndHere) {
  FrameHeader header = data(0);
  header.channel = 4'000'000'000;
  EXPECT_EQ(fault_of(bytes(header)), "frame_channel");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnCreditForAChannelThatDoesNotBeginHere) {
  FrameHeader header = data(0);
  header.kind = FrameKind::kCredit;
  EXPECT_EQ(fault_of(bytes(header)), "frame_channel");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnCreditForWhatWasNeverSent) {
  board_.add_out(3, 1, 0, 1 << 20);
  FrameHeader header = data(0);
  header.kind = FrameKind::kCredit;
  header.value = 1'000'000;
  EXPECT_EQ(fault_of(bytes(header)), "credit_beyond_sent");
}

TEST_F(SwitchboardTest, EndsTheAttemptOnAFrameOfALaterAttempt) {
  FrameHeader header = data(0);
  header.attempt = kRun.attempt + 1;
  EXPECT_EQ(fault_of(bytes(header)), "frame_attempt");
}

TEST_F(SwitchboardTest, DropsAndCountsFramesOfEarlierAttemptsAndOtherJobs) {
  FrameHeader earlier = data(5);
  earlier.attempt = kRun.attempt - 1;
  say(bytes(earlier));
  FrameHeader other = data(5);
  other.job = kRun.job + 1;
  say(bytes(other));
  say(bytes(data(0), "abcdefgh"));
  while (board_.in(3)->empty()) ASSERT_TRUE(hears());
  EXPECT_EQ(board_.refused_frames(), 2u);
  EXPECT_EQ(board_.broken_frames(), 0u);
}

TEST_F(SwitchboardTest, RefusesMessagesInParts) {
  const std::string frame = bytes(data(0));
  peer_.send(zmq::buffer(frame), zmq::send_flags::sndmore);
  EXPECT_EQ(fault_of(frame), "frame_length");
}

/// A link that breaks stays broken, even where somebody listens on the same port again: what was in it may be lost.
TEST(LinkWatch, TellsOfABreakAndNeverConnectsAnew) {
  channel::TransportContext transport(1);
  zmq::context_t context;
  auto there = std::make_unique<zmq::socket_t>(context, zmq::socket_type::pull);
  there->bind("tcp://127.0.0.1:*");
  const std::string address = there->get(zmq::sockopt::last_endpoint);
  Switchboard board(transport, "link", kRun, 0, {0, 1, 2});
  channel::LinkWatch watch(transport);
  ASSERT_TRUE(board.mailbox().connect(1, address, watch));
  const auto next = [&] {
    for (;; watch.wait({}, 5'000))
      if (const auto events = watch.take(); !events.empty()) return events.front();
  };
  EXPECT_EQ(next().what, channel::LinkWatch::What::kUp);
  there = nullptr;
  EXPECT_EQ(next().what, channel::LinkWatch::What::kDown);
  zmq::socket_t again(context, zmq::socket_type::pull);
  again.set(zmq::sockopt::rcvtimeo, 300);
  again.bind(address);
  zmq::message_t message;
  EXPECT_FALSE(again.recv(message));
}

TEST(LinkWatch, TellsOfALinkThatNobodyTakes) {
  channel::TransportContext transport(1);
  Switchboard board(transport, "nobody", kRun, 0, {0, 1, 2});
  channel::LinkWatch watch(transport);
  std::string free_address;
  {
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::pull);
    socket.bind("tcp://127.0.0.1:*");
    free_address = socket.get(zmq::sockopt::last_endpoint);
  }
  ASSERT_TRUE(board.mailbox().connect(1, free_address, watch));
  std::vector<channel::LinkWatch::Event> events = watch.take();
  for (int i = 0; i < 50 && events.empty(); ++i, events = watch.take()) watch.wait({}, 1'000);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].what, channel::LinkWatch::What::kRefused);
}

}  // namespace
}  // namespace penstock::worker
