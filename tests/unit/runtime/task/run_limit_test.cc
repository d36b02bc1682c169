#include "runtime/task/run_limit.h"

#include <gtest/gtest.h>

namespace penstock::task {
namespace {

constexpr std::uint32_t kAtOnce = 4;

/// Reads runs as long as they may be, of which one row in `distance` comes to an operator that deals with a few at
/// once.
class RunLimitTest : public testing::Test {
 protected:
  void SetUp() override {
    if (base::kContrary) GTEST_SKIP() << "runs have one row there";
    limit_.add(came_, kAtOnce);
  }
  void read(int runs, std::uint32_t distance) {
    for (int run = 0; run < runs; ++run) {
      const std::uint32_t rows = limit_.rows();
      came_.add(rows / distance);
      limit_.adapt(rows);
    }
  }
  api::Counter came_;
  RunLimit limit_;
};

TEST_F(RunLimitTest, GivesAnOperatorNoMoreThanItDealsWithAtOnce) {
  EXPECT_EQ(limit_.rows(), kAtOnce);
  read(100, 1);
  EXPECT_EQ(limit_.rows(), kAtOnce);
}

TEST_F(RunLimitTest, ReadsMoreWhereLittleOfItComesThere) {
  read(10, 10);
  EXPECT_GE(limit_.rows(), 2 * kAtOnce);
  EXPECT_LE(limit_.rows() / 10, kAtOnce);
  read(10, 1'000'000);
  EXPECT_EQ(limit_.rows(), RunLimit::kLonger * kAtOnce);
}

TEST_F(RunLimitTest, IsBackAtOnceWhenAllOfItComes) {
  read(20, 1'000'000);
  read(1, 1);
  EXPECT_EQ(limit_.rows(), kAtOnce);
}

TEST_F(RunLimitTest, LearnsNothingFromRunsThatAreNotFull) {
  for (int run = 0; run < 20; ++run) limit_.adapt(kAtOnce - 1);
  EXPECT_EQ(limit_.rows(), kAtOnce);
}

TEST_F(RunLimitTest, KeepsToTheSlowest) {
  api::Counter rare;
  limit_.add(rare, 1);
  EXPECT_EQ(limit_.rows(), 1u);
  read(20, 1);
  EXPECT_EQ(limit_.rows(), kAtOnce) << "nothing comes to the other one";
}

TEST(RunLimit, IsAWholeRunWhereNobodyMinds) {
  api::Counter came;
  RunLimit limit;
  limit.add(came, UINT32_MAX);
  limit.adapt(base::kRunRows);
  EXPECT_EQ(limit.rows(), base::kRunRows);
}

}  // namespace
}  // namespace penstock::task
