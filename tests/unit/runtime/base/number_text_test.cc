#include "runtime/base/number_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace penstock::base {
namespace {

std::string shown(double value) {
  char buffer[32];
  return {buffer, format_float64(value, buffer)};
}

TEST(NumberText, ReadsWholeTextsOnly) {
  EXPECT_EQ(parse_int64("-12"), -12);
  EXPECT_EQ(parse_int64("+12"), 12);
  EXPECT_EQ(parse_int64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* bad : {"", "+", "-", "1.0", "9223372036854775808", " 1", "1 ", "0x1", "+-1"}) {
    EXPECT_EQ(parse_int64(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_float64("1.5e3"), 1500.0);
  for (const char* bad : {"", "inf", "nan", "1e999", "1.5x", "+-1"}) EXPECT_EQ(parse_float64(bad), std::nullopt) << bad;
}

TEST(NumberText, WritesTheShortestTextThatReadsBack) {
  EXPECT_EQ(shown(0.1), "0.1");
  EXPECT_EQ(shown(1000), "1000");
  EXPECT_EQ(shown(-0.0), "-0");
  EXPECT_EQ(shown(1e300), "1e+300");
  EXPECT_EQ(shown(0.00001), "0.00001");
  for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789012345.67, -2.5e-5}) {
    EXPECT_EQ(parse_float64(shown(value)), value);
    EXPECT_LE(shown(value).size(), 32u);
  }
}

}  // namespace
}  // namespace penstock::base
