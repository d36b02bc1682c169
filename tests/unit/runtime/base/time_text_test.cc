#include "runtime/base/time_text.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::base {
namespace {

std::string shown(Micros time) {
  char buffer[32];
  return {buffer, format_timestamp(time, buffer)};
}
std::string shown_duration(Micros duration) {
  char buffer[48];
  return {buffer, format_duration(duration, buffer)};
}

TEST(TimeText, ReadsEveryFormOfATimestamp) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:01.5Z"), 1'500'000);
  EXPECT_EQ(parse_timestamp("1970-01-01 00:00:00.000001"), 1);
  EXPECT_EQ(parse_timestamp("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(parse_timestamp("1969-12-31T18:30:00-0530"), 0);
  EXPECT_EQ(parse_timestamp("1970-01-01T02:00+02"), 0);
  EXPECT_EQ(parse_timestamp("2001/01/01 00:47"), 978'310'020'000'000);
  EXPECT_EQ(parse_timestamp("2012-01-01"), 1'325'376'000'000'000);
  EXPECT_EQ(parse_timestamp("2023-09-18T14:23:10Z"), 1'695'046'990'000'000);
  EXPECT_EQ(parse_timestamp("2023-09-18T14:23:10.123456000Z"), 1'695'046'990'123'456);
}

TEST(TimeText, RefusesWhatIsNotATimestamp) {
  for (const char* bad : {"", "2023", "2023-9-18", "2023-02-29", "2023-13-01", "2023-00-01", "2023-01-01T24:00:00Z",
                          "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01T", "2023-01-01T00:00:00.Z",
                          "2023-01-01T00:00:00.1234567Z", "2023-01/01", "1899-12-31T23:59:59Z", "2201-01-01",
                          "2023-01-01T00:00:00Zx", "2023-01-01T00:00:00+1", "now", "-2023-01-01"}) {
    EXPECT_EQ(parse_timestamp(bad), std::nullopt) << bad;
  }
}

TEST(TimeText, BoundsAreTheYears1900To2200) {
  EXPECT_EQ(parse_timestamp("1900-01-01"), kMinTimestamp);
  EXPECT_EQ(parse_timestamp("2200-12-31T23:59:59.999999Z"), kMaxTimestamp);
}

TEST(TimeText, WritesNoSuperfluousDigits) {
  EXPECT_EQ(shown(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(shown(10'200'000), "1970-01-01T00:00:10.2Z");
  EXPECT_EQ(shown(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_LE(shown(kNoTime).size(), 32u);
  EXPECT_LE(shown(kEndOfTime).size(), 32u);
}

TEST(TimeText, WhatIsWrittenIsReadBack) {
  for (Micros time = kMinTimestamp; time < kMaxTimestamp - 97'654'321'987'654; time += 97'654'321'987'654) {
    EXPECT_EQ(parse_timestamp(shown(time)), time);
  }
}

TEST(TimeText, ReadsAndWritesDurations) {
  EXPECT_EQ(parse_duration("500ms"), 500'000);
  EXPECT_EQ(parse_duration("10s"), 10'000'000);
  EXPECT_EQ(parse_duration("7d"), 604'800'000'000);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000'000);
  EXPECT_EQ(parse_duration("-10s"), -10'000'000);
  EXPECT_EQ(parse_duration("3us"), 3);
  EXPECT_EQ(shown_duration(5'400'000'000), "1h30m");
  EXPECT_EQ(shown_duration(0), "0s");
  EXPECT_EQ(shown_duration(-1'500'000), "-1s500ms");
  for (const char* bad : {"", "-", "10", "s", "10 s", "10x", "--1s", "1h-3m", "999999999999999d", "1.5h"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
  for (const Micros value : {kNoTime, kEndOfTime, Micros{1}, Micros{-86'400'000'001}}) {
    EXPECT_EQ(parse_duration(shown_duration(value)), value);
  }
}

}  // namespace
}  // namespace penstock::base
