#include "tools/penstock/live_view.h"

#include <gtest/gtest.h>

#include "tools/penstock/text_table.h"

namespace penstock::tools {
namespace {

constexpr base::Micros kNow = 1'700'000'000'000'000;

worker::JobSnapshot snapshot(double seconds, std::uint64_t rows) {
  worker::JobSnapshot job;
  job.seconds = seconds;
  worker::NodeSnapshot source;
  source.name = "clicks";
  source.verb = "generate";
  source.kind = topology::NodeKind::kSource;
  source.rows_in = source.rows_out = rows;
  source.watermark = kNow - 2'500'000;
  worker::NodeSnapshot sink = source;
  sink.name = "out";
  sink.kind = topology::NodeKind::kSink;
  sink.queued_bytes = 2048;
  sink.errors = 3;
  sink.blocked = true;
  job.nodes = {source, sink};
  return job;
}

TEST(LiveView, ShowsRatesOfTheLastSecondNotOfTheWholeRun) {
  LiveView view("job");
  view.add(snapshot(0, 0));
  for (int tick = 1; tick <= 50; ++tick)
    view.add(snapshot(10 + tick * 0.2, 1'000'000 + static_cast<unsigned>(tick) * 200));
  const std::string line = view.lines(kAnyWidth, 24, kNow)[2];
  EXPECT_NE(line.find("1.00k"), std::string::npos) << line;
}

TEST(LiveView, ShowsQueueLagErrorsAndWhatBlocks) {
  LiveView view("job");
  view.add(snapshot(1, 100));
  const auto lines = view.lines(kAnyWidth, 24, kNow);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "job  running  1.0s");
  EXPECT_EQ(lines[3], "out      100         2.00 KiB  2.5s             3  blocked");
}

/// `run --workers` on a terminal ended with a segmentation fault when the nodes became known.
TEST(LiveView, BeginsAnewWhenNodesBecomeKnown) {
  LiveView view("job");
  view.add({});
  EXPECT_EQ(view.lines(kAnyWidth, 24, kNow).size(), 2U);
  view.add(snapshot(1, 100));
  EXPECT_EQ(view.lines(kAnyWidth, 24, kNow).size(), 4U);
}

TEST(LiveView, FitsAnyTerminal) {
  LiveView view("a-job-with-a-long-name");
  view.add(snapshot(1, 100));
  for (std::size_t width = 1; width < 90; ++width) {
    for (std::size_t height = 1; height < 6; ++height) {
      const auto lines = view.lines(width, height, kNow);
      EXPECT_LE(lines.size(), height);
      for (const std::string& line : lines) EXPECT_LE(text_width(line), width);
    }
  }
}

TEST(LiveView, SaysHowManyNodesDoNotFit) {
  LiveView view("job");
  worker::JobSnapshot job = snapshot(1, 100);
  while (job.nodes.size() < 10) job.nodes.push_back(job.nodes.back());
  view.add(job);
  const auto lines = view.lines(kAnyWidth, 6, kNow);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines.back(), "... and 7 nodes more");
}

}  // namespace
}  // namespace penstock::tools
