#include "runtime/checkpoint/deaths.h"

#include <gtest/gtest.h>

#include "tests/unit/runtime/checkpoint/worked_on.h"

namespace penstock::checkpoint {
namespace {

using base::WorkMark;

/// A row that came from another task.
WorkedOn row_of_others(std::string row) {
  WorkedOn work = rows(0, 0, std::move(row));
  work.partition.clear();
  work.first = work.last = WorkMark::kUnknown;
  return work;
}

InputAt on_its_way(std::uint32_t instance, std::int64_t offset) { return {0, instance, "part-1.json", offset, true}; }
InputAt read_to(std::uint32_t instance, std::int64_t offset) { return {0, instance, "part-1.json", offset, false}; }

TEST(Deaths, FindTheRecordWhenItWasAtWorkAloneTwice) {
  Deaths deaths;
  EXPECT_FALSE(deaths.add(rows(0, 511), false).is_the_record());
  EXPECT_FALSE(deaths.need_a_closer_look());
  deaths.add(rows(256, 767), false);
  EXPECT_TRUE(deaths.need_a_closer_look());
  EXPECT_FALSE(deaths.add(rows(300, 300, "{}"), true).is_the_record());
  EXPECT_FALSE(deaths.add(rows(301, 301, "{}"), true).is_the_record());
  deaths = Deaths::from_text(deaths.to_text());
  EXPECT_TRUE(deaths.add(rows(301, 301, "{}"), true).is_the_record());
  EXPECT_EQ(deaths.most_suspect()->times, 5U);
}

TEST(Deaths, OfOneRecordKeepTheInputsThatWereOnTheirWayEachTime) {
  Deaths deaths;
  deaths.add(row_of_others("{}"), true, {on_its_way(0, 7), on_its_way(1, 3), read_to(2, 9)});
  EXPECT_EQ(deaths.add(row_of_others("{}"), true, {on_its_way(0, 7), on_its_way(1, 4), read_to(2, 9)}).inputs,
            std::vector{on_its_way(0, 7)});
}

TEST(Deaths, OfAnotherRecordTakeTheInputsAsTheyAre) {
  Deaths deaths;
  deaths.add(row_of_others("{}"), true, {on_its_way(0, 7)});
  const std::vector<InputAt> now{on_its_way(0, 8), read_to(1, 3)};
  EXPECT_EQ(deaths.add(row_of_others("{1}"), true, now).inputs, now);
}

/// The row of a window comes when a later record makes it, whichever that is.
TEST(Deaths, ClaimNoRecordWhenNoneWasOnItsWayBothTimes) {
  Deaths deaths;
  deaths.add(row_of_others("{}"), true, {on_its_way(0, 7)});
  EXPECT_EQ(deaths.add(row_of_others("{}"), true, {on_its_way(0, 8), read_to(1, 3)}).inputs,
            (std::vector{read_to(0, 8), read_to(1, 3)}));
}

TEST(Deaths, AreTheSameReadFromTheirText) {
  Deaths deaths;
  deaths.add(rows(300, 300, "{\"id\":7}"), true, {});
  deaths.add(row_of_others("{}"), true, {on_its_way(0, 7), {4, 2, "", 0, false}});
  const std::string text = deaths.to_text();
  Deaths same = Deaths::from_text(text);
  EXPECT_EQ(same.to_text(), text);
  const auto& counted = same.add(row_of_others("{}"), true, {on_its_way(0, 7), {4, 2, "", 0, false}});
  EXPECT_TRUE(counted.is_the_record());
  EXPECT_EQ(counted.work, row_of_others("{}"));
  EXPECT_EQ(counted.inputs, std::vector{on_its_way(0, 7)});
}

TEST(Deaths, LeaveOutLinesThatCannotBeRead) {
  EXPECT_EQ(Deaths::from_text("1\t2\nno numbers\ta\tb\tc\td\te\tf\tg\th\ti\tj\n\n\t\n").to_text(), "");
}

TEST(Deaths, LeaveOutInputsThatCannotBeReadAndKeepTheRest) {
  const std::string line = "2\t1\t3\t1\t2\t2\t-1\t-1\t1\t\t{}";
  const std::string input = "\t0\t1\t7\t1\tpart-1.json";
  EXPECT_EQ(Deaths::from_text(line + "\t0\tx\t7\t1\tpart-0.json" + input + "\t0\t1\t7\n").to_text(),
            line + input + "\n");
  EXPECT_EQ(Deaths::from_text(line + input).to_text(), "");  // Cut short.
}

}  // namespace
}  // namespace penstock::checkpoint
