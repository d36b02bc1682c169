#include <gtest/gtest.h>

#include <map>
#include <random>

#include "runtime/record/column_buffer.h"
#include "runtime/task/event_time.h"
#include "runtime/task/partition_set.h"
#include "runtime/task/watermark_merge.h"

namespace penstock::task {
namespace {

using base::kNoTime;
using base::Micros;

constexpr Micros kStart = 1'600'000'000'000'000;

TEST(WatermarkMerge, IsTheLeastOverChannelsThatCount) {
  WatermarkMerge merge(3);
  merge.on_watermark(0, 10);
  merge.on_watermark(1, 20);
  EXPECT_EQ(merge.merged(), kNoTime);  // Channel 2 has not said anything.
  merge.on_idle(2);
  EXPECT_EQ(merge.merged(), 10);
  merge.on_end(0);
  EXPECT_EQ(merge.merged(), 20);
}

TEST(WatermarkMerge, NeverGoesBackWhenAnIdleChannelReturns) {
  WatermarkMerge merge(2);
  merge.on_watermark(0, 100);
  merge.on_idle(1);
  EXPECT_EQ(merge.merged(), 100);
  merge.on_watermark(1, 50);
  EXPECT_EQ(merge.merged(), 100);
}

TEST(WatermarkMerge, FinishedPlusIdleIsNotTheEndOfTime) {
  WatermarkMerge merge(2);
  merge.on_watermark(0, 5);
  merge.on_watermark(1, 7);
  EXPECT_EQ(merge.merged(), 5);
  merge.on_end(0);
  merge.on_idle(1);
  EXPECT_TRUE(merge.all_idle());
  EXPECT_FALSE(merge.all_ended());
  EXPECT_EQ(merge.merged(), 5);
}

/// One that was found empty before the task was held back was never polled again, and so never became idle.
TEST(PartitionSet, PollsEmptyOnesAgainAfterTheTaskWasHeldBack) {
  PartitionSet set(Micros{100});
  set.add("a", false);
  EXPECT_EQ(set.pick(), 0u);
  EXPECT_EQ(set.on_empty(0, 10), 110);
  EXPECT_EQ(set.pick(), std::nullopt);
  set.on_held_back();
  EXPECT_EQ(set.check_idle(500), base::kEndOfTime);
  EXPECT_FALSE(set[0].idle);
  EXPECT_EQ(set.pick(), 0u);
  EXPECT_EQ(set.on_empty(0, 500), 600);
  set.check_idle(600);
  EXPECT_TRUE(set[0].idle);
}

TEST(PartitionSet, ReadsTheLowestWatermarkNextAndBoundedOnesInOrder) {
  PartitionSet set(std::nullopt);
  const auto a = set.add("a", true);
  const auto b = set.add("b", true);
  EXPECT_EQ(set.pick(), a);
  set[a].watermark = 100;
  EXPECT_EQ(set.pick(), b);
  set[b].watermark = 200;
  EXPECT_EQ(set.pick(), a);
  set.on_end(a);
  EXPECT_EQ(set.pick(), b);
  set.on_empty(b, 1);
  EXPECT_EQ(set.pick(), std::nullopt);
  set.on_wake();
  EXPECT_EQ(set.pick(), b);
}

TEST(PartitionSet, TakesUnboundedOnesInTurn) {
  PartitionSet set(std::nullopt);
  const auto a = set.add("a", false);
  const auto b = set.add("b", false);
  EXPECT_EQ(set.pick(), a);
  EXPECT_EQ(set.pick(), b);
  EXPECT_EQ(set.pick(), a);
}

TEST(PartitionSet, BoundedOnesHoldTheWatermarkFromTheStartOthersJoinAsIdle) {
  PartitionSet set(std::nullopt);
  const auto file = set.add("file", true);
  set.add("connection", false);
  EXPECT_EQ(set.watermark(), kNoTime);
  set[file].watermark = 10;
  EXPECT_EQ(set.watermark(), 10);
}

TEST(PartitionSet, ForgetsUnboundedOnesThatHaveEndedAndGivesTheirIdsAgain) {
  PartitionSet set(std::nullopt);
  const auto bounded = set.add("file", true);
  set.on_end(bounded);
  EXPECT_FALSE(set.forgotten(bounded)) << "a restored source reads what the checkpoint lists and nothing else";
  for (int i = 0; i < 1000; ++i) {
    const auto connection = set.add("connection", false);
    EXPECT_EQ(set[connection].watermark, base::kNoTime);
    EXPECT_EQ(set.pick(), connection);
    set[connection].watermark = i;
    set.on_rows(connection);
    EXPECT_EQ(set.watermark(), i);
    set.on_end(connection);
    EXPECT_TRUE(set.forgotten(connection) && set.all_ended());
    EXPECT_FALSE(set.all_idle() || set.pick() || set.watermark());
  }
  EXPECT_EQ(set.size(), 2u);
}

TEST(PartitionSet, CountsIdleTimeOnlyWhilePolledAndEmpty) {
  PartitionSet set(Micros{1000});
  const auto a = set.add("a", true);
  const auto b = set.add("b", true);
  set[a].watermark = 10;
  set[b].watermark = 99;
  set.on_empty(a, 5000);
  EXPECT_EQ(set.check_idle(5500), 6000);
  set.on_held_back();  // Nobody looked: that time does not count.
  EXPECT_EQ(set.check_idle(9000), base::kEndOfTime);
  set.on_wake();
  set.on_empty(a, 9000);
  EXPECT_EQ(set.check_idle(9999), 10'000);
  EXPECT_EQ(set.watermark(), 10);
  set.check_idle(10'000);
  EXPECT_EQ(set.watermark(), 99);
  set.on_rows(a);
  EXPECT_EQ(set.watermark(), 10);
}

record::Schema schema() { return {{{"t", {record::Kind::kTimestamp}, true}}}; }

TEST(EventTime, ARowCarriesItsPartitionsWatermarkFromBeforeIt) {
  const record::Schema one = schema();
  record::RowsBuffer buffer(one);
  for (const Micros t : {kStart + 100, kStart + 50, kStart + 300, kStart + 10}) buffer[0].append_int(t);
  record::Rows rows = buffer.rows();
  Partition partition;
  EventTimeAssigner assigner(0, 20);
  EXPECT_TRUE(assigner.check(rows).empty());
  assigner.assign(rows, partition);
  EXPECT_EQ(rows.watermark[0], kNoTime);
  EXPECT_EQ(rows.watermark[1], kStart + 80);
  EXPECT_EQ(rows.watermark[2], kStart + 80);
  EXPECT_EQ(rows.watermark[3], kStart + 280);
  EXPECT_EQ(partition.watermark, kStart + 280);
  EXPECT_TRUE(rows.may_be_late);
}

TEST(EventTime, RowsWithoutASaneTimeMoveNoWatermark) {
  const record::Schema one = schema();
  record::RowsBuffer buffer(one);
  buffer[0].append_int(kStart);
  buffer[0].append_int(9'000'000'000'000'000'000);
  buffer[0].append_null();
  buffer[0].append_int(kStart + 1);
  record::Rows rows = buffer.rows();
  Partition partition;
  EventTimeAssigner assigner(0, 0);
  const auto bad = assigner.check(rows);
  ASSERT_EQ(bad.size(), 2u);
  EXPECT_EQ(bad[0].row, 1u);
  EXPECT_STREQ(bad[0].code, "timestamp_out_of_range");
  EXPECT_EQ(bad[1].row, 2u);
  EXPECT_STREQ(bad[1].code, "no_event_time");
  assigner.assign(rows, partition);
  EXPECT_EQ(rows.watermark[3], kStart);
  EXPECT_EQ(partition.watermark, kStart + 1);
}

/// The verdict of lateness is a function of the data: however a stream is cut into runs, and however lanes are spread
/// over tasks, every row carries the same watermark.
TEST(EventTime, CarriedWatermarksDoNotDependOnRunSizesOrOnWhoReadsWhichLane) {
  constexpr std::uint32_t kLanes = 12;
  constexpr std::uint32_t kRows = 2000;
  std::mt19937_64 random(7);
  std::vector<Micros> times(kRows);
  for (std::uint32_t i = 0; i < kRows; ++i) times[i] = kStart + static_cast<Micros>(i * 10 + random() % 500);
  std::map<std::uint32_t, Micros> expected;  // Row by row, each lane on its own.
  std::vector<Micros> lane_watermark(kLanes, kNoTime);
  for (std::uint32_t i = 0; i < kRows; ++i) {
    expected[i] = lane_watermark[i % kLanes];
    lane_watermark[i % kLanes] = std::max(lane_watermark[i % kLanes], times[i] - 33);
  }
  const record::Schema one = schema();
  for (std::uint32_t tasks = 1; tasks <= 3; ++tasks) {
    for (int variant = 0; variant < 20; ++variant) {
      for (std::uint32_t task = 0; task < tasks; ++task) {
        PartitionSet set(std::nullopt);
        std::vector<std::uint32_t> lanes, mine;
        for (std::uint32_t lane = task; lane < kLanes; lane += tasks) lanes.push_back(set.add("lane", true));
        for (std::uint32_t i = 0; i < kRows; ++i)
          if (i % kLanes % tasks == task) mine.push_back(i);
        EventTimeAssigner assigner(0, 33);
        std::size_t at = 0;
        while (at < mine.size()) {
          const std::size_t count = std::min<std::size_t>(1 + random() % 60, mine.size() - at);
          record::RowsBuffer buffer(one);
          for (std::size_t k = 0; k < count; ++k) buffer[0].append_int(times[mine[at + k]]);
          record::Rows rows = buffer.rows();
          ASSERT_TRUE(assigner.check(rows).empty());
          assigner.assign_lanes(rows, set, lanes, at % lanes.size());
          for (std::size_t k = 0; k < count; ++k) ASSERT_EQ(rows.watermark[k], expected[mine[at + k]]) << mine[at + k];
          at += count;
        }
      }
    }
  }
}

}  // namespace
}  // namespace penstock::task
