#include "operators/windows/fired_until.h"

#include <gtest/gtest.h>

namespace penstock::operators {
namespace {

constexpr base::Micros kEarly = 1'000, kLate = 2'000;

api::Restored restored(std::vector<base::Micros> fired, std::size_t self, std::size_t count) {
  api::Restored out;
  for (const base::Micros time : fired) out.tasks.push_back({{"fired", std::to_string(time)}});
  out.self = self;
  out.count = count;
  return out;
}

/// The task that was behind took itself to have fired as far as the other, and never gave out what was between.
TEST(FiredUntil, IsItsOwnWhereTheTasksAreTheSame) {
  EXPECT_EQ(fired_until(restored({kEarly, kLate}, 0, 2), false).value(), kEarly);
  EXPECT_EQ(fired_until(restored({kEarly, kLate}, 1, 2), false).value(), kLate);
  EXPECT_EQ(fired_until(restored({kEarly, base::kEndOfTime}, 1, 2), false).value(), base::kEndOfTime);
}

TEST(FiredUntil, IsThatOfAllWhereKeysAreDealtOutAnew) {
  EXPECT_EQ(fired_until(restored({kEarly, kEarly}, 2, 3), false).value(), kEarly);
  EXPECT_EQ(fired_until(restored({kEarly, base::kEndOfTime}, 0, 1), false).value(), kEarly) << "the rest has flushed";
  EXPECT_EQ(fired_until(restored({base::kEndOfTime, base::kEndOfTime}, 0, 1), false).value(), base::kEndOfTime);
  EXPECT_EQ(fired_until(restored({}, 0, 1), false).value(), base::kNoTime);
}

TEST(FiredUntil, KeysOfTasksThatWereAtDifferentTimesAreNotDealtOutAnew) {
  for (const std::size_t count : {1u, 3u}) {
    const auto fired = fired_until(restored({kEarly, kLate}, 0, count), false);
    ASSERT_FALSE(fired);
    EXPECT_EQ(fired.error().code, "cannot_rescale");
    EXPECT_NE(fired.error().text.find("at the parallelism it was taken at, 2"), std::string::npos);
  }
  EXPECT_FALSE(fired_until(restored({kEarly, base::kNoTime}, 0, 1), false)) << "one had not fired at all";
}

TEST(FiredUntil, ByArrivalTheLastClockCounts) {
  EXPECT_EQ(fired_until(restored({kEarly, kLate}, 0, 1), true).value(), kLate);
}

}  // namespace
}  // namespace penstock::operators
