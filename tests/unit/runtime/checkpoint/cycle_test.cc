#include "runtime/checkpoint/cycle.h"

#include <gtest/gtest.h>

namespace penstock::checkpoint {
namespace {

constexpr base::Micros kSecond = 1'000'000;

class CycleTest : public testing::Test {
 protected:
  Cycle cycle_{{kSecond, 10 * kSecond}, 2, 7};
  void collect(std::uint64_t epoch) {
    cycle_.on_collected(0, epoch);
    cycle_.on_collected(1, epoch);
  }
};

TEST_F(CycleTest, BeginsEveryIntervalWithANumberThatWasNeverGiven) {
  EXPECT_FALSE(cycle_.begin_if_due(5 * kSecond));  // Does not run yet.
  cycle_.on_running(5 * kSecond);
  EXPECT_EQ(cycle_.due(), 6 * kSecond);
  EXPECT_FALSE(cycle_.begin_if_due(6 * kSecond - 1));
  EXPECT_EQ(cycle_.begin_if_due(6 * kSecond), 8U);
}

TEST_F(CycleTest, CollectsOneAtATime) {
  cycle_.on_running(0);
  ASSERT_EQ(cycle_.begin_if_due(kSecond), 8U);
  EXPECT_FALSE(cycle_.begin_if_due(3 * kSecond));
  cycle_.on_collected(0, 8);
  EXPECT_FALSE(cycle_.collected());
  cycle_.on_collected(1, 8);
  EXPECT_EQ(cycle_.collected(), 8U);
  cycle_.on_durable(8);
  EXPECT_EQ(cycle_.to_publish(), 8U);
  EXPECT_EQ(cycle_.begin_if_due(3 * kSecond), 9U);
}

TEST_F(CycleTest, BeginsWhatWasAskedForWhileAnotherWasUnderWayAtOnceBehindIt) {
  cycle_.on_running(0);
  ASSERT_EQ(cycle_.begin_if_due(kSecond), 8U);
  cycle_.ask(kSecond + 10);
  collect(8);
  cycle_.on_durable(8);
  EXPECT_LE(cycle_.due(), kSecond + 20);
  EXPECT_EQ(cycle_.begin_if_due(kSecond + 20), 9U);
  collect(9);
  cycle_.on_durable(9);
  EXPECT_FALSE(cycle_.begin_if_due(kSecond + 30));
}

TEST_F(CycleTest, GivesUpWhatTakesTooLongAndSaysSoOnce) {
  cycle_.on_running(0);
  cycle_.begin_if_due(kSecond);
  EXPECT_FALSE(cycle_.begin_if_due(11 * kSecond));
  const auto given_up = cycle_.take_given_up();
  ASSERT_TRUE(given_up);
  EXPECT_EQ(given_up->epoch, 8U);
  EXPECT_FALSE(cycle_.take_given_up());
  EXPECT_EQ(cycle_.begin_if_due(12 * kSecond), 9U);
  EXPECT_EQ(cycle_.to_publish(), 0U);
}

TEST_F(CycleTest, TakesTheLastOneOnceAllAreDrainedAndFinishesWhenItIsPublished) {
  cycle_.on_running(0);
  cycle_.on_drained(0);
  EXPECT_FALSE(cycle_.begin_if_due(1));
  cycle_.on_drained(1);
  ASSERT_EQ(cycle_.begin_if_due(2), 8U);
  EXPECT_TRUE(cycle_.is_last(8));
  collect(8);
  cycle_.on_durable(8);
  EXPECT_FALSE(cycle_.may_finish());
  cycle_.on_published(0, 8);
  EXPECT_FALSE(cycle_.may_finish());
  cycle_.on_published(1, 8);
  EXPECT_TRUE(cycle_.may_finish());
  EXPECT_FALSE(cycle_.begin_if_due(100 * kSecond));
}

TEST_F(CycleTest, RepeatsALastOneThatFailed) {
  cycle_.on_running(0);
  cycle_.on_drained(0);
  cycle_.on_drained(1);
  cycle_.begin_if_due(1);
  cycle_.on_failed(8, 2, "disk full");
  EXPECT_FALSE(cycle_.may_finish());
  EXPECT_FALSE(cycle_.begin_if_due(3));
  EXPECT_EQ(cycle_.begin_if_due(2 + kSecond), 9U);
  EXPECT_TRUE(cycle_.is_last(9));
}

TEST_F(CycleTest, BeginsAtOnceWhenAskedTo) {
  cycle_.on_running(0);
  cycle_.ask(10);
  EXPECT_EQ(cycle_.begin_if_due(10), 8U);
}

TEST_F(CycleTest, BeginsAnotherAtOnceWhenAskedWhileOneIsUnderWay) {
  cycle_.on_running(0);
  ASSERT_EQ(cycle_.begin_if_due(kSecond), 8U);
  cycle_.ask(kSecond + 10);
  EXPECT_FALSE(cycle_.begin_if_due(kSecond + 10));
  collect(8);
  cycle_.on_durable(8);
  EXPECT_EQ(cycle_.begin_if_due(kSecond + 20), 9U);
  collect(9);
  cycle_.on_durable(9);
  EXPECT_FALSE(cycle_.begin_if_due(kSecond + 30));
}

TEST_F(CycleTest, GoesOnPublishingWhatWasCompleteBeforeItsDriverBeganAnew) {
  cycle_.on_resumed(7, true);
  EXPECT_EQ(cycle_.to_publish(), 7U);
  cycle_.on_running(0);
  EXPECT_FALSE(cycle_.begin_if_due(100 * kSecond));  // It was the last one.
  cycle_.on_published(0, 7);
  cycle_.on_published(1, 7);
  EXPECT_TRUE(cycle_.may_finish());
}

}  // namespace
}  // namespace penstock::checkpoint
