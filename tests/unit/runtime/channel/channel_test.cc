#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "runtime/base/limits.h"
#include "runtime/channel/in_channel.h"
#include "runtime/channel/out_channel.h"

namespace penstock::channel {
namespace {

using record::Frame;
using record::FrameKind;

/// A route that keeps what was delivered until the test moves it on.
class HeldRoute : public FrameRoute {
 public:
  void deliver(Frame* frame) override { held.push_back(frame); }
  std::deque<Frame*> held;
};

struct Pair {
  explicit Pair(std::uint64_t window, bool remote = false)
      : out({0, 1, 3, remote}, pool, there, window), in({0, 1, 3, remote}, pool, back, window) {}
  void write(std::uint32_t bytes) {
    std::byte* place = out.reserve(bytes);
    std::fill_n(place, bytes, static_cast<std::byte>(rows_written++));
    out.ship();
  }
  bool move_one() {
    if (there.held.empty()) return false;
    EXPECT_FALSE(in.arrive(there.held.front()).has_value());
    there.held.pop_front();
    return true;
  }
  void return_credit() {
    while (!back.held.empty()) {
      EXPECT_TRUE(out.on_credit(back.held.front()->header).has_value());
      record::FramePool::give_back(back.held.front());
      back.held.pop_front();
    }
  }
  record::FramePool pool;
  HeldRoute there, back;
  OutChannel out;
  InChannel in;
  unsigned rows_written = 0;
};

TEST(OutChannel, HoldsFramesWithoutCreditAndSaysSo) {
  Pair pair(charge(96, false) + 1);
  pair.write(96);
  EXPECT_FALSE(pair.out.blocked());
  pair.write(96);  // One more frame may go while any credit is left.
  EXPECT_FALSE(pair.out.blocked());
  pair.write(96);
  EXPECT_TRUE(pair.out.blocked());
  EXPECT_EQ(pair.there.held.size(), 2u);
  while (pair.move_one()) pair.in.consumed();
  pair.return_credit();
  EXPECT_FALSE(pair.out.blocked());
  EXPECT_EQ(pair.there.held.size(), 1u);
}

/// Rows shipped one by one to a receiver that had stopped held a buffer of 32 KiB each: a window of 1 MiB, gigabytes.
TEST(OutChannel, LimitsTheBuffersThatSmallFramesHold) {
  constexpr std::size_t kWindow = 1 << 20;
  Pair pair(kWindow);
  while (!pair.out.blocked()) pair.write(40);
  EXPECT_LE(pair.pool.out() * base::kFramePayloadBytes, 5 * kWindow);
}

TEST(OutChannel, IsChargedForAFrameToAnotherProcessWhatItHoldsThere) {
  Pair pair(std::uint64_t{4} << 10, true);
  std::uint64_t sent = 0;
  for (; !pair.out.blocked(); ++sent) pair.write(40);
  EXPECT_EQ(sent - 1, (std::uint64_t{4} << 10) / record::held_bytes(40));
  EXPECT_EQ(pair.there.held.size(), sent - 1);
}

TEST(OutChannel, IsUnderWayUntilTheReceiverSaysThatItHasFinishedWithEveryFrame) {
  Pair pair(1 << 20);
  pair.in.announce_every_frame();
  EXPECT_FALSE(pair.out.under_way());
  pair.out.reserve(8);
  EXPECT_TRUE(pair.out.under_way());  // Not even sent.
  pair.out.ship();
  pair.write(8);
  while (pair.move_one()) {
  }
  EXPECT_TRUE(pair.out.under_way());
  pair.in.consumed();
  pair.return_credit();
  EXPECT_TRUE(pair.out.under_way());
  pair.in.consumed();
  pair.return_credit();
  EXPECT_FALSE(pair.out.under_way());
  pair.out.watermark(100, 10'000);
  pair.out.idle();
  pair.out.barrier(1);
  EXPECT_FALSE(pair.out.under_way());  // Nobody waits for control items.
}

TEST(OutChannel, IsUnderWayWhileFramesWaitForCredit) {
  Pair pair(charge(96, true), true);
  pair.in.announce_every_frame();
  for (int i = 0; i < 3; ++i) pair.write(96);
  EXPECT_TRUE(pair.out.blocked());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(pair.out.under_way());
    pair.move_one();
    pair.in.consumed();
    pair.return_credit();
  }
  EXPECT_FALSE(pair.out.under_way());
}

TEST(OutChannel, IsNotUnderWayToAReceiverThatWantsNoMore) {
  Pair pair(1 << 20);
  pair.in.announce_every_frame();
  pair.write(8);
  EXPECT_TRUE(pair.out.under_way());
  pair.in.close();
  pair.return_credit();
  EXPECT_FALSE(pair.out.under_way());
}

TEST(OutChannel, LetsOneOversizedFramePass) {
  Pair pair(10);
  pair.write(1 << 20);
  EXPECT_FALSE(pair.out.blocked());
  EXPECT_EQ(pair.there.held.size(), 1u);
}

TEST(OutChannel, SendsControlItemsWithoutCreditAndInOrder) {
  Pair pair(1);
  pair.write(64);
  pair.out.idle();
  pair.write(64);
  pair.out.end();
  ASSERT_EQ(pair.there.held.size(), 2u);  // The second row waits, so the end behind it waits too.
  EXPECT_EQ(pair.there.held[1]->header.kind, FrameKind::kIdle);
  EXPECT_FALSE(pair.out.ended());
  while (pair.move_one()) pair.in.consumed();
  pair.return_credit();
  ASSERT_EQ(pair.there.held.size(), 2u);
  EXPECT_EQ(pair.there.held[0]->header.kind, FrameKind::kData);
  EXPECT_EQ(pair.there.held[1]->header.kind, FrameKind::kEnd);
  EXPECT_TRUE(pair.out.ended());
}

TEST(OutChannel, PutsAWatermarkOnTheFrameBeforeItAndReplacesAnUnsentOne) {
  Pair pair(1 << 20);
  pair.out.reserve(8);
  pair.out.watermark(10, 0);
  pair.out.watermark(20, 0);
  pair.out.ship();
  ASSERT_EQ(pair.there.held.size(), 1u);
  EXPECT_EQ(pair.there.held[0]->header.value, 20);
}

TEST(OutChannel, SendsAtMostOneWatermarkAMillisecondWithoutData) {
  Pair pair(1 << 20);
  for (base::Micros now = 10'000; now < 20'000; now += 100) pair.out.watermark(now, now);
  EXPECT_EQ(pair.there.held.size(), 10u);
  pair.out.ship_due(21'000);
  EXPECT_EQ(pair.there.held.size(), 11u);
  EXPECT_EQ(pair.there.held.back()->header.value, 19'900);
  EXPECT_EQ(pair.out.due(), base::kEndOfTime);
}

TEST(OutChannel, DropsRowsForAReceiverThatWantsNoMore) {
  Pair pair(10);
  for (int i = 0; i < 5; ++i) pair.write(64);
  EXPECT_TRUE(pair.out.blocked());
  pair.in.close();
  pair.return_credit();
  EXPECT_FALSE(pair.out.blocked());
  EXPECT_TRUE(pair.out.closed());
}

/// Control items need no credit: a receiver that had stopped kept one frame for each millisecond of its sender's time.
TEST(InChannel, PilesUpNoWatermarksWhileItsReaderStands) {
  Pair pair(1 << 20);
  pair.write(8);
  for (base::Micros now = 10'000; now < 1'000'000; now += 1000) {
    pair.out.watermark(now, now);
    if (now % 10'000 == 0) pair.out.idle();
    while (pair.move_one()) {
    }
  }
  EXPECT_LE(pair.pool.made(), 256u);  // Idle and not in turn stay apart.
  Frame* last = nullptr;
  for (; !pair.in.empty(); pair.in.consumed()) last = pair.in.front();
  EXPECT_EQ(last->header.value, 999'000);
}

TEST(InChannel, RefusesGapsRepeatsAndOtherAttempts) {
  Pair pair(1 << 20);
  for (int i = 0; i < 3; ++i) pair.write(8);
  EXPECT_EQ(pair.in.arrive(pair.there.held[1]), ArrivalFault::kGap);
  EXPECT_EQ(pair.in.arrive(pair.there.held[0]), std::nullopt);
  EXPECT_EQ(pair.in.arrive(pair.there.held[0]), ArrivalFault::kRepeat);
  pair.there.held[1]->header.attempt = 9;
  EXPECT_EQ(pair.in.arrive(pair.there.held[1]), ArrivalFault::kAttempt);
}

/// Announcements are lost, repeated and reordered at random; whatever happens, in flight stays within credit plus one
/// frame (I5) and, once the latest announcement has arrived, the channel goes on.
TEST(Credit, SurvivesLostRepeatedAndReorderedAnnouncements) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const std::uint64_t window = 1 + random() % 5000;
    CreditLedger ledger(window);
    CreditMeter meter(window);
    std::deque<std::uint64_t> flying;
    std::vector<std::uint64_t> announced;
    std::uint64_t sent = 0, consumed = 0, largest = 1;
    for (int step = 0; step < 300; ++step) {
      switch (random() % 4) {
        case 0:
        case 1:
          if (ledger.may_send()) {
            const std::uint64_t bytes = 1 + random() % 2000;
            largest = std::max(largest, bytes);
            ledger.on_sent(bytes);
            sent += bytes;
            flying.push_back(bytes);
          }
          break;
        case 2:
          if (!flying.empty()) {
            consumed += flying.front();
            meter.on_consumed(flying.front());
            flying.pop_front();
            if (meter.should_announce()) {
              meter.on_announced();
              announced.push_back(meter.consumed());
            }
          }
          break;
        case 3:
          if (!announced.empty()) {
            const std::uint64_t which = random() % announced.size();  // Any old one, again and again.
            ASSERT_TRUE(ledger.on_announced(announced[which], window).has_value());
          }
          break;
      }
      ASSERT_LE(sent - consumed, window + largest) << "seed " << seed;
    }
    while (!flying.empty()) {
      meter.on_consumed(flying.front());
      flying.pop_front();
    }
    ASSERT_TRUE(ledger.on_announced(meter.consumed(), window).has_value());
    ASSERT_TRUE(ledger.may_send()) << "seed " << seed;
    ASSERT_EQ(ledger.in_flight(), 0u);
  }
}

/// A window that shrank was taken out of the next announcements: the sender stood still, for seconds in all.
TEST(Credit, KeepsTheSenderNearTheReceiversRateWhileTheWindowShrinks) {
  constexpr std::uint64_t kFrame = 32 << 10, kBefore = 4 << 20, kAfter = 512 << 10;
  CreditLedger ledger(kBefore);
  CreditMeter meter(kBefore);
  std::uint64_t sent = 0, consumed = 0;
  const auto fill = [&] {
    for (; ledger.may_send(); sent += kFrame) {
      ledger.on_sent(kFrame);
      meter.on_arrived(kFrame);
    }
  };
  fill();
  meter.set_window(kAfter);
  while (meter.granted() > kAfter) {
    const std::uint64_t before = sent;
    for (int frame = 0; frame < 64; ++frame, consumed += kFrame) {
      meter.on_consumed(kFrame);
      if (!meter.sender_may_wait()) continue;
      ASSERT_TRUE(ledger.on_announced(meter.consumed(), meter.granted()).has_value());
      meter.on_announced();
      fill();
    }
    ASSERT_GE(sent - before, 62 * kFrame);
    ASSERT_LT(consumed, 64 * kBefore) << "it never shrinks";
  }
  EXPECT_LE(sent - consumed, kAfter + kFrame);
}

TEST(Credit, IsAnnouncedEarlyOnlyToASenderThatMayWait) {
  CreditMeter meter(1000);
  meter.on_arrived(700);
  meter.on_consumed(300);
  EXPECT_FALSE(meter.sender_may_wait());  // It has 300 left as far as is known here.
  meter.on_arrived(200);
  EXPECT_TRUE(meter.sender_may_wait());
  EXPECT_FALSE(meter.should_announce());
  meter.on_announced();
  EXPECT_FALSE(meter.sender_may_wait());  // There is nothing new to say.
}

TEST(Credit, RefusesAPeerThatConsumedWhatWasNeverSent) {
  CreditLedger ledger(100);
  ledger.on_sent(10);
  EXPECT_FALSE(ledger.on_announced(11, 100).has_value());
}

}  // namespace
}  // namespace penstock::channel
