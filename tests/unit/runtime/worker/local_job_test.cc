#include "runtime/worker/local_job.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/small_plan.h"

namespace penstock::worker {
namespace {

using support::small_plan;
using support::small_registry;
using support::SmallWorld;
using topology::Partitioning;

constexpr base::Micros kPatience = 60'000'000;

/// Waits for what another thread brings about, up to kPatience.
template <class Condition>
bool eventually(Condition&& condition) {
  const base::Micros until = base::steady_now() + kPatience;
  while (!condition()) {
    if (base::steady_now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

void expect_balance(const JobSnapshot& snapshot) {
  for (const NodeSnapshot& node : snapshot.nodes)
    EXPECT_EQ(node.rows_in, node.passed + node.filtered + node.absorbed + node.late + node.errors + node.dropped)
        << node.name;
}

using Shape = std::tuple<int, int, int, Partitioning>;  // Sources, sinks, executors.

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Partitioning how : {Partitioning::kForward, Partitioning::kHash, Partitioning::kRebalance})
    for (int sources = 1; sources <= 3; ++sources)
      for (int sinks = 1; sinks <= 3; ++sinks)
        for (int executors = 1; executors <= 3; ++executors)
          if (how != Partitioning::kForward || sources == sinks) all.emplace_back(sources, sinks, executors, how);
  return all;
}

class LocalJobOf : public testing::TestWithParam<Shape> {};

TEST_P(LocalJobOf, CarriesEveryRowOnce) {
  const auto [sources, sinks, executors, partitioning] = GetParam();
  SmallWorld world;
  world.count = base::kContrary ? 5'000 : 200'000;
  const auto plan = small_plan(sources, sinks, partitioning);
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {executors});
  ASSERT_TRUE(job.has_value()) << job.error().text;
  ASSERT_TRUE((*job)->wait(kPatience));
  EXPECT_FALSE((*job)->error().has_value());
  std::sort(world.collected.begin(), world.collected.end());
  std::vector<std::int64_t> expected(static_cast<std::size_t>(world.count));
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(world.collected, expected);
  EXPECT_EQ(world.finished, sinks);
  EXPECT_EQ(world.aborted, 0);
  const JobSnapshot snapshot = (*job)->snapshot();
  EXPECT_EQ(snapshot.state, JobState::kFinished);
  expect_balance(snapshot);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LocalJobOf, testing::ValuesIn(shapes()));

TEST(LocalJob, ACorkedSinkStallsItsSourceAndMemoryStaysBounded) {
  SmallWorld world;
  world.count = -1;
  world.sink_corked = true;
  const auto plan = small_plan(1, 1, Partitioning::kForward);
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  std::int64_t before = -1;
  ASSERT_TRUE(eventually([&] {  // The source comes to rest.
    const std::int64_t now = world.read;
    const bool same = now > 0 && now == before && (*job)->snapshot().nodes[0].blocked;
    before = now;
    return same;
  }));
  EXPECT_LT(world.read, 200'000);  // A window of 1 MiB at 16 bytes a row, and one run over.
  (*job)->request_stop();
  world.uncork();
  ASSERT_TRUE((*job)->wait(kPatience));
  EXPECT_EQ(static_cast<std::int64_t>(world.collected.size()),
            world.read);  // What was read before the stop came through.
  EXPECT_EQ((*job)->snapshot().state, JobState::kStopped);
  EXPECT_EQ(world.finished, 1);
}

TEST(LocalJob, AnEndlessSourceEndsWhenNobodyWantsMore) {
  SmallWorld world;
  world.count = -1;
  topology::Plan plan = small_plan(2, 1, Partitioning::kRebalance);
  plan.nodes.insert(plan.nodes.begin() + 1, support::small_node("first", topology::NodeKind::kOperator, "limit", 1));
  plan.nodes[1].params.set("count", std::int64_t{1500});
  topology::PlanEdge inside;
  inside.from = 1;
  inside.to = 2;
  inside.chained = true;
  plan.edges.push_back(inside);
  plan.chains = {{{0}, 2}, {{1, 2}, 1}};
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE((*job)->wait(kPatience));
  EXPECT_EQ(world.collected.size(), 1500u);
  EXPECT_EQ((*job)->snapshot().state, JobState::kFinished);
}

TEST(LocalJob, ABadRecordFailsTheJobByNameAndAbortsTheSinks) {
  SmallWorld world;
  world.fail_at = 500;
  const auto plan = small_plan(1, 1, Partitioning::kForward);
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE((*job)->wait(kPatience));
  ASSERT_TRUE((*job)->error().has_value());
  EXPECT_EQ((*job)->error()->code, "bad_number");
  EXPECT_EQ((*job)->error()->where, "numbers at byte 500");
  EXPECT_EQ((*job)->snapshot().state, JobState::kFailed);
  EXPECT_EQ(world.finished, 0);
  EXPECT_EQ(world.aborted, 1);
}

TEST(LocalJob, SkippedRecordsAreCountedByCode) {
  SmallWorld world;
  world.fail_at = 500;
  auto plan = small_plan(1, 1, Partitioning::kForward);
  plan.nodes[0].on_error = topology::OnError::kSkip;
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE((*job)->wait(kPatience));
  const JobSnapshot snapshot = (*job)->snapshot();
  EXPECT_EQ(snapshot.nodes[0].rows_in, 1000u);
  EXPECT_EQ(snapshot.nodes[0].errors, 1u);
  ASSERT_EQ(snapshot.nodes[0].errors_by_code.size(), 1u);
  EXPECT_EQ(snapshot.nodes[0].errors_by_code[0].code, "bad_number");
  EXPECT_EQ(world.collected.size(), 999u);
  expect_balance(snapshot);
}

TEST(LocalJob, CancelEndsAnEndlessJobAtOnceAndFinishesNothing) {
  SmallWorld world;
  world.count = -1;
  const auto plan = small_plan(2, 2, Partitioning::kHash);
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(eventually([&] { return world.read > 1000; }));
  (*job)->request_cancel();
  ASSERT_TRUE((*job)->wait(kPatience));
  EXPECT_EQ(world.finished, 0);
  EXPECT_EQ(world.aborted, 2);
}

TEST(LocalJob, DestroyingARunningJobJoinsItsThreads) {
  SmallWorld world;
  world.count = -1;
  const auto plan = small_plan(1, 2, Partitioning::kHash);
  const auto registry = small_registry(world);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(eventually([&] { return world.read > 0; }));
  job->reset();
  EXPECT_EQ(world.aborted, 2);
}

}  // namespace
}  // namespace penstock::worker
