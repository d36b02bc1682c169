#include "runtime/task/source_head.h"

#include <gtest/gtest.h>

#include "runtime/task/chain.h"
#include "tests/support/fake_services.h"
#include "tests/support/small_plan.h"

namespace penstock::task {
namespace {

using support::FakeServices;

struct PacedSource {
  explicit PacedSource(double rate) {
    services.clock = 1'600'000'000'000'000;
    world.count = -1;
    plan = support::small_node("numbers", topology::NodeKind::kSource, "numbers", 1);
    plan.rate = rate;
    Node& node = chain.add_node(plan);
    node.set_operator(std::make_unique<SourceOperator>());
    const api::NodeSpec spec{plan, {}, {0, 1}};
    head = std::make_unique<SourceHead>(std::make_unique<support::FakeNumbers>(world, spec), node, 1);
    node.set_source(head.get());
    EXPECT_TRUE(head->open().has_value());
  }
  /// All that may be read now.
  std::int64_t read() {
    const std::int64_t before = world.read;
    head->on_wake();
    for (int reads = 0; reads < 10'000 && head->read() == api::Step::kProgress; ++reads) {
    }
    return world.read - before;
  }
  support::SmallWorld world;
  topology::PlanNode plan;
  FakeServices services;
  Chain chain{0, services};
  std::unique_ptr<SourceHead> head;
};

TEST(SourceHead, KeepsToItsRate) {
  PacedSource source(1000);
  std::int64_t rows = source.read();
  for (int i = 0; i < 2000; ++i) {
    source.services.clock += 1000;
    rows += source.read();
  }
  EXPECT_NEAR(static_cast<double>(rows), 2000, 2);
}

/// An hour of silence was made up for at once: a rate of 1000/s let 3,600,000 rows through.
TEST(SourceHead, DoesNotMakeUpForTimeWithoutRows) {
  PacedSource source(1000);
  source.read();
  source.services.clock += 3'600'000'000;
  EXPECT_LE(source.read(), 101);
}

/// A clock that was set back made the rows that were due a huge number, and the rate was no rate any more.
TEST(SourceHead, KeepsToItsRateWhenTheClockIsSetBack) {
  PacedSource source(1000);
  source.read();
  source.services.clock -= 60'000'000;
  EXPECT_LE(source.read(), 1);
  source.services.clock += 1'000'000;
  EXPECT_GT(source.read(), 0);  // Nor does it stand still until the clock has caught up.
}

/// Each connection is a partition that ends with its first row.
class Visitors final : public api::Source {
 public:
  explicit Visitors(const api::NodeSpec& spec) : row_(spec.node.schema) {}
  base::Result<void> open(api::SourceContext&) override { return {}; }
  void poll(api::SourceContext& context) override {
    if (come == came_) return;
    context.add_partition("visitor-" + std::to_string(++came_), false);
  }
  api::Step read(api::PartitionId partition, std::uint32_t, api::SourceContext& context) override {
    row_.clear();
    row_[0].append_int(came_);
    const std::int64_t offset = 0;
    context.emit_from(partition, row_.rows(), &offset);
    return api::Step::kDone;
  }
  std::string position(api::PartitionId) const override { return "here"; }
  int come = 0;

 private:
  int came_ = 0;
  record::RowsBuffer row_;
};

/// A checkpoint listed every connection that there had ever been.
TEST(SourceHead, DoesNotSaveConnectionsThatHaveEnded) {
  const auto plan = support::small_node("visitors", topology::NodeKind::kSource, "visitors", 1);
  FakeServices services;
  Chain chain{0, services};
  Node& node = chain.add_node(plan);
  node.set_operator(std::make_unique<SourceOperator>());
  auto visitors = std::make_unique<Visitors>(api::NodeSpec{plan, {}, {0, 1}});
  Visitors& source = *visitors;
  SourceHead head(std::move(visitors), node, 1);
  node.set_source(&head);
  ASSERT_TRUE(head.open().has_value());
  for (source.come = 1; source.come <= 100; ++source.come) {
    head.on_wake();
    EXPECT_EQ(head.read(), api::Step::kProgress);
  }
  EXPECT_EQ(node.counters().rows_in.get(), 100u);
  NodeImage image;
  head.save(1, image);
  EXPECT_TRUE(image.partitions.empty());
}

/// Deals with a few rows at once.
class Slow final : public api::Operator {
 public:
  api::Step process(int, const record::Rows&, api::Context&) override { return api::Step::kDone; }
  std::uint32_t most_rows() const override { return base::kContrary ? 1 : 7; }
};

/// A `throttle` of 100/s was given 1024 rows, which no barrier overtook for 10 s.
TEST(Chain, ReadsNoMoreAtATimeThanItsOperatorsDealWithAtOnce) {
  FakeServices services;
  support::SmallWorld world;
  world.count = -1;
  Chain chain(0, services);
  const topology::PlanNode numbers = support::small_node("numbers", topology::NodeKind::kSource, "numbers", 1);
  Node& node = chain.add_node(numbers);
  node.set_operator(std::make_unique<SourceOperator>());
  const topology::PlanNode slow;
  chain.add_node(slow).set_operator(std::make_unique<Slow>());
  auto head = std::make_unique<SourceHead>(
      std::make_unique<support::FakeNumbers>(world, api::NodeSpec{numbers, {}, {0, 1}}), node, 1);
  node.set_source(head.get());
  SourceHead& source = *head;
  chain.set_source(std::move(head));
  ASSERT_TRUE(chain.open().has_value());
  EXPECT_EQ(source.read(), api::Step::kProgress);
  EXPECT_EQ(world.read, Slow().most_rows());
}

class TimerCounter final : public api::Operator {
 public:
  api::Step process(int, const record::Rows&, api::Context&) override { return api::Step::kDone; }
  api::Step on_timer(api::Context&) override {
    ++timers;
    return api::Step::kDone;
  }
  int timers = 0;
};

/// Works for long, and gives others their turn meanwhile.
class Patient final : public api::Operator {
 public:
  api::Step process(int, const record::Rows&, api::Context&) override { return api::Step::kDone; }
  api::Step on_timer(api::Context&) override { return api::Step::kProgress; }
  api::Step resume(api::Context&) override { return ++resumed == 3 ? api::Step::kDone : api::Step::kProgress; }
  int resumed = 0;
};

TEST(Chain, GoesOnWithAnOperatorThatInterruptsItself) {
  FakeServices services;
  Chain chain(0, services);
  topology::PlanNode plan;
  Node& node = chain.add_node(plan);
  auto patient = std::make_unique<Patient>();
  const Patient& worker = *patient;
  node.set_operator(std::move(patient));
  chain.set_gate(
      std::make_unique<InputGate>(std::vector<InputGate::Input>(), std::vector<std::unique_ptr<FrameReader>>()));
  node.wake_at(services.clock);
  chain.on_wake();
  for (int steps = 0; steps < 6 && worker.resumed < 3; ++steps) {
    const int before = worker.resumed;
    EXPECT_EQ(chain.step(), api::Step::kProgress);
    EXPECT_LE(worker.resumed, before + 1) << "one piece of work in each step";
  }
  EXPECT_EQ(worker.resumed, 3);
}

/// Whoever waited for a time of the clock waited for the difference as well.
TEST(Chain, DoesNotWaitForAClockThatWasSetBack) {
  FakeServices services;
  Chain chain(0, services);
  topology::PlanNode plan;
  Node& node = chain.add_node(plan);
  auto counter = std::make_unique<TimerCounter>();
  const TimerCounter& counted = *counter;
  node.set_operator(std::move(counter));
  chain.set_gate(
      std::make_unique<InputGate>(std::vector<InputGate::Input>(), std::vector<std::unique_ptr<FrameReader>>()));
  node.wake_at(services.clock + 1'000'000);
  services.clock -= 3'600'000'000;
  chain.on_wake();
  EXPECT_GT(chain.next_timer(), services.clock + 3'600'000'000);
  chain.on_clock_set_back();
  for (int steps = 0; steps < 5 && counted.timers == 0; ++steps) chain.step();
  EXPECT_EQ(counted.timers, 1);
}

}  // namespace
}  // namespace penstock::task
