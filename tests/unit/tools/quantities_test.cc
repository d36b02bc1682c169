#include "tools/penstock/quantities.h"

#include <gtest/gtest.h>

namespace penstock::tools {
namespace {

TEST(Quantities, CountsHaveThreeDigits) {
  EXPECT_EQ(short_count(0), "0");
  EXPECT_EQ(short_count(999.4), "999");
  EXPECT_EQ(short_count(999.5), "1.00k");
  EXPECT_EQ(short_count(12'345), "12.3k");
  EXPECT_EQ(short_count(999'600), "1.00M");
  EXPECT_EQ(short_count(4.56e9), "4.56G");
}

TEST(Quantities, Bytes) {
  EXPECT_EQ(short_bytes(0), "0 B");
  EXPECT_EQ(short_bytes(1023), "1023 B");
  EXPECT_EQ(short_bytes(1536), "1.50 KiB");
  EXPECT_EQ(short_bytes(std::uint64_t{3} << 30), "3.00 GiB");
}

TEST(Quantities, DurationsInTheTwoUnitsThatMatter) {
  EXPECT_EQ(short_duration(0), "0ms");
  EXPECT_EQ(short_duration(340'000), "340ms");
  EXPECT_EQ(short_duration(999'600), "1.0s");
  EXPECT_EQ(short_duration(192'000'000), "3m12s");
  EXPECT_EQ(short_duration(18'120'000'000), "5h02m");
  EXPECT_EQ(short_duration(-1'500'000), "-1.5s");
  EXPECT_EQ(short_duration(base::Micros{86'400'000'000} * 400), "1.1y");
}

TEST(Quantities, GroupsOfThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(12'345'678), "12,345,678");
}

}  // namespace
}  // namespace penstock::tools
