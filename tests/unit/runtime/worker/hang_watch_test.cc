#include "runtime/worker/hang_watch.h"

#include <gtest/gtest.h>

namespace penstock::worker {
namespace {

constexpr base::Micros kSecond = 1'000'000, kTick = 200'000;

class HangWatchTest : public testing::Test {
 protected:
  /// Looks every tick until so much time has passed; the executor that hangs.
  std::optional<std::size_t> after(base::Micros time, base::Micros tick = kTick) {
    for (const base::Micros until = now_ + time; now_ < until; now_ += tick)
      if (const auto found = watch_.look(pulses_, now_)) return found;
    return std::nullopt;
  }
  HangWatch watch_{10 * kSecond};
  std::vector<Pulse> pulses_ = {{1, true, "a"}, {1, false, "b"}};
  base::Micros now_ = 77 * kSecond;
};

TEST_F(HangWatchTest, FindsAnExecutorThatIsAtWorkAndDoesNotGetOn) {
  EXPECT_FALSE(after(9 * kSecond));
  EXPECT_EQ(after(2 * kSecond), 1U);
}

TEST_F(HangWatchTest, OneThatWaitsDoesNotHang) {
  pulses_[1].parked = true;
  EXPECT_FALSE(after(100 * kSecond));
}

TEST_F(HangWatchTest, OneThatGetsOnDoesNotHang) {
  for (int i = 0; i < 20; ++i, ++pulses_[1].turns) EXPECT_FALSE(after(9 * kSecond));
}

TEST_F(HangWatchTest, AProcessThatWasFrozenAsAWholeDoesNotHang) {
  EXPECT_FALSE(after(5 * kSecond));
  now_ += 3'600 * kSecond;
  EXPECT_FALSE(after(3 * kSecond));
}

TEST_F(HangWatchTest, ARunThatComesInThePlaceOfAnotherBeginsAnew) {
  EXPECT_FALSE(after(9 * kSecond));
  pulses_.clear();
  EXPECT_FALSE(after(kTick));
  pulses_ = {{1, true, "a"}, {1, false, "b"}};
  EXPECT_FALSE(after(9 * kSecond));
}

}  // namespace
}  // namespace penstock::worker
