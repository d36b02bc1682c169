#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "runtime/channel/in_channel.h"
#include "runtime/channel/out_channel.h"
#include "runtime/task/chain.h"
#include "tests/support/fake_services.h"
#include "tests/support/small_plan.h"

namespace penstock::task {
namespace {

using api::Step;

class FakeDelta final : public state::StateDelta {
 public:
  std::size_t bytes() const override { return 0; }
};

/// Keyed state that is full until it has been written twice over.
class FakeState final : public state::TaskState {
 public:
  api::StateStore& store_of(std::string_view) override { std::abort(); }
  base::Result<void> open() override { return {}; }
  bool is_saved() const override { return true; }
  void flip() override { ++flips; }
  bool copy(std::size_t) override { return true; }
  std::unique_ptr<state::StateDelta> take() override { return std::make_unique<FakeDelta>(); }
  base::Result<std::vector<state::SavedFile>> persist(std::unique_ptr<state::StateDelta>, const std::string&) override {
    return std::vector<state::SavedFile>{};
  }
  base::Result<void> write(const state::StateDelta&) override {
    ++writes;
    return written;
  }
  bool tend() override { return false; }
  std::unique_ptr<state::StateDelta> take_evicted() override {
    ++taken;
    return std::make_unique<FakeDelta>();
  }
  bool wants_to_write() const override { return writes < kFull; }
  bool is_full() const override { return writes < kFull; }
  std::uint64_t memory_used() const override { return 0; }
  const base::Error* fault() const override { return broken ? &*broken : nullptr; }

  static constexpr int kFull = 2;
  int flips = 0, taken = 0, writes = 0;
  base::Result<void> written;
  std::optional<base::Error> broken;
};

class FakeCounter final : public api::Operator {
 public:
  api::Step process(int, const record::Rows&, api::Context&) override { return Step::kDone; }
};

class IntoTheOther final : public channel::FrameRoute {
 public:
  void deliver(record::Frame* frame) override {
    if (to == nullptr) return;
    EXPECT_FALSE(to->arrive(frame).has_value());
  }
  channel::InChannel* to = nullptr;
};

/// A task whose state is full from the first turn on, with a watermark on its way to it.
class FullState : public testing::Test {
 protected:
  FullState() {
    there_.to = &in_;
    auto state = std::make_unique<FakeState>();
    state_ = state.get();
    chain_.set_state(std::move(state));
    plan_.name = "counts";
    chain_.add_node(plan_).set_operator(std::make_unique<FakeCounter>());
    chain_.set_gate(std::make_unique<InputGate>(std::vector<InputGate::Input>{{&in_, 0, nullptr}},
                                                std::vector<std::unique_ptr<FrameReader>>()));
    EXPECT_TRUE(chain_.open().has_value());
    chain_.end_of_turn();
    out_.watermark(100, 10'000);
  }
  Step turn() {
    Step step = Step::kProgress;
    for (int steps = 0; steps < 100 && step == Step::kProgress; ++steps) step = chain_.step();
    chain_.end_of_turn();
    return step;
  }
  support::FakeServices services_;
  record::FramePool pool_;
  IntoTheOther there_, back_;
  channel::OutChannel out_{{0, 1, 0}, pool_, there_, 1 << 20};
  channel::InChannel in_{{0, 1, 0}, pool_, back_, 1 << 20};
  topology::PlanNode plan_;
  FakeState* state_ = nullptr;
  Chain chain_{0, services_};
};

TEST_F(FullState, TakesNoInputUntilWhatWasEvictedIsInTheTier) {
  EXPECT_EQ(turn(), Step::kBlocked);
  EXPECT_FALSE(in_.empty());
  EXPECT_EQ(services_.jobs.size(), 1u);
  services_.do_blocking_work();
  EXPECT_EQ(turn(), Step::kBlocked);  // Still full, so it is written once more.
  EXPECT_FALSE(in_.empty());
  services_.do_blocking_work();
  turn();
  turn();
  EXPECT_TRUE(in_.empty());
  EXPECT_EQ(state_->flips, 0);
  EXPECT_EQ(state_->taken, 2);
  EXPECT_EQ(state_->writes, 2);
  EXPECT_TRUE(services_.images.empty());  // No checkpoint came of it.
}

TEST_F(FullState, FailsTheJobWhereItCannotBeWritten) {
  state_->written = base::fail("disk_full", "no room", "", base::Origin::kEnvironment);
  turn();
  services_.do_blocking_work();
  turn();
  ASSERT_TRUE(services_.error.has_value());
  EXPECT_EQ(services_.error->code, "disk_full");
}

/// A window that fires, and finds that what it was to give out cannot be read.
class BreaksAsItFires final : public api::Operator {
 public:
  explicit BreaksAsItFires(FakeState& state) : state_(state) {}
  Step process(int, const record::Rows&, api::Context&) override { return Step::kDone; }
  Step on_watermark(base::Micros, api::Context&) override {
    if (breaks) state_.broken = base::Error{"state_damaged", "cannot be read", base::Origin::kEnvironment, true, ""};
    return Step::kDone;
  }
  bool breaks = true;

 private:
  FakeState& state_;
};

class CountsFrames final : public channel::FrameRoute {
 public:
  void deliver(record::Frame* frame) override {
    ++frames;
    record::FramePool::give_back(frame);
  }
  int frames = 0;
};

/// Frames that go out while a watermark comes to a task whose state breaks, or does not.
int frames_behind_a_watermark(bool breaks) {
  support::FakeServices services;
  services.clock = 1'000'000;
  record::FramePool pool;
  CountsFrames behind;
  IntoTheOther to_it, back;
  channel::OutChannel before({0, 1, 0}, pool, to_it, 1 << 20);
  channel::InChannel in({0, 1, 0}, pool, back, 1 << 20);
  to_it.to = &in;
  channel::OutChannel out({0, 1, 0}, pool, behind, 1 << 20);
  const record::Schema schema = support::number_schema();
  const record::RowLayout layout(&schema, false, false);
  const topology::PlanEdge edge;
  const topology::PlanNode plan = support::small_node("window", topology::NodeKind::kOperator, "pass", 1);
  Chain chain(0, services);
  auto state = std::make_unique<FakeState>();
  state->writes = FakeState::kFull;
  auto window = std::make_unique<BreaksAsItFires>(*state);
  window->breaks = breaks;
  chain.set_state(std::move(state));
  Node& node = chain.add_node(plan);
  node.set_operator(std::move(window));
  node.add_target(topology::kMainPort,
                  {nullptr, 0, std::make_unique<EdgeWriter>(edge, layout, std::vector{EdgeWriter::Lane{&out}})});
  chain.set_gate(std::make_unique<InputGate>(std::vector<InputGate::Input>{{&in, 0, nullptr}},
                                             std::vector<std::unique_ptr<FrameReader>>()));
  EXPECT_TRUE(chain.open().has_value());
  before.watermark(100, 10'000);
  for (int turn = 0; turn < 3; ++turn) {
    for (int steps = 0; steps < 10 && chain.step() == Step::kProgress; ++steps) {
    }
    chain.end_of_turn();
  }
  return behind.frames;
}

TEST(BrokenState, AWatermarkDoesNotOvertakeTheRowsThatAreMissing) {
  EXPECT_EQ(frames_behind_a_watermark(true), 0);
  EXPECT_GT(frames_behind_a_watermark(false), 0);
}

/// Passes on what it is given; with the second run its keyed state breaks.
class Breaking final : public api::Operator {
 public:
  explicit Breaking(FakeState& state) : state_(state) {}
  Step process(int, const record::Rows& rows, api::Context& context) override {
    if (++runs_ == 2)
      state_.broken = base::Error{"state_damaged", "cannot be read", base::Origin::kEnvironment, true, ""};
    context.emit(topology::kMainPort, rows);
    return Step::kDone;
  }

 private:
  FakeState& state_;
  int runs_ = 0;
};

/// At-least-once sinks would show a count that begins anew.
TEST(BrokenState, NothingThatMayHaveComeOfItGoesOn) {
  support::FakeServices services;
  support::SmallWorld world;
  world.count = -1;
  Chain chain(0, services);
  auto state = std::make_unique<FakeState>();
  state->writes = FakeState::kFull;
  FakeState& held = *state;
  chain.set_state(std::move(state));
  const topology::PlanNode numbers = support::small_node("numbers", topology::NodeKind::kSource, "numbers", 1);
  const topology::PlanNode middle = support::small_node("middle", topology::NodeKind::kOperator, "pass", 1);
  const topology::PlanNode collect = support::small_node("collect", topology::NodeKind::kSink, "collect", 1);
  Node& first = chain.add_node(numbers);
  Node& second = chain.add_node(middle);
  Node& third = chain.add_node(collect);
  first.set_operator(std::make_unique<SourceOperator>());
  auto head = std::make_unique<SourceHead>(
      std::make_unique<support::FakeNumbers>(world, api::NodeSpec{numbers, {}, {0, 1}}), first, 1);
  first.set_source(head.get());
  chain.set_source(std::move(head));
  second.set_operator(std::make_unique<Breaking>(held));
  third.set_sink(std::make_unique<SinkOperator>(std::make_unique<support::FakeCollect>(world)));
  first.add_target(topology::kMainPort, {&second, 0, nullptr});
  second.add_target(topology::kMainPort, {&third, 0, nullptr});
  ASSERT_TRUE(chain.open().has_value());
  EXPECT_EQ(chain.step(), Step::kProgress);
  const std::size_t before = world.collected.size();
  EXPECT_GT(before, 0u);
  EXPECT_EQ(chain.step(), Step::kProgress);
  EXPECT_EQ(world.collected.size(), before);
  const std::int64_t read = world.read;
  EXPECT_EQ(chain.step(), Step::kBlocked);
  EXPECT_EQ(world.read, read) << "nor is anything read any more";
  chain.end_of_turn();
  ASSERT_TRUE(services.error.has_value());
  EXPECT_EQ(services.error->code, "state_damaged");
}

}  // namespace
}  // namespace penstock::task
