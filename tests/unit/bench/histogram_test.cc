#include "bench/harness/histogram.h"

#include <gtest/gtest.h>

namespace penstock::bench {
namespace {

TEST(Histogram, PercentilesAreExactToTwoPercent) {
  Histogram histogram;
  for (std::int64_t us = 1; us <= 10'000; ++us) histogram.add(us * 1000);
  EXPECT_EQ(histogram.total(), 10'000U);
  EXPECT_NEAR(histogram.percentile_us(0.5), 5'000, 100);
  EXPECT_NEAR(histogram.percentile_us(0.99), 9'900, 200);
  EXPECT_DOUBLE_EQ(histogram.max_us(), 10'000);
}

TEST(Histogram, MergedCountsAreThoseOfBoth) {
  Histogram low, high;
  for (int i = 0; i < 90; ++i) low.add(1'000);
  for (int i = 0; i < 10; ++i) high.add(1'000'000);
  low.merge(high);
  EXPECT_EQ(low.total(), 100U);
  EXPECT_NEAR(low.percentile_us(0.9), 1, 0.02);
  EXPECT_NEAR(low.percentile_us(0.91), 1'000, 20);
}

TEST(Histogram, TakesEveryValue) {
  Histogram histogram;
  histogram.add(-5);
  histogram.add(0);
  histogram.add(std::int64_t{1} << 62);
  EXPECT_EQ(histogram.total(), 3U);
  EXPECT_DOUBLE_EQ(histogram.percentile_us(0.3), 0);
}

}  // namespace
}  // namespace penstock::bench
