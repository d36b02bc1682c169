#include <gtest/gtest.h>

#include "runtime/channel/in_channel.h"
#include "runtime/channel/out_channel.h"
#include "runtime/task/chain.h"
#include "tests/support/fake_services.h"
#include "tests/support/small_plan.h"

namespace penstock::task {
namespace {

using api::Step;
using support::FakeServices;

/// Straight into the other end.
class FakeRoute final : public channel::FrameRoute {
 public:
  void deliver(record::Frame* frame) override {
    if (to == nullptr) return;
    EXPECT_FALSE(to->arrive(frame).has_value());
  }
  channel::InChannel* to = nullptr;
};

/// Puts down what it has seen; emits nothing.
class FakeMemory final : public api::Operator {
 public:
  api::Step process(int, const record::Rows&, api::Context&) override { return Step::kDone; }
  void save(api::SavedParts& parts) override { parts["seen"] = "all"; }
};

struct Link {
  explicit Link(std::uint32_t number)
      : out({0, 1, number}, pool, there, 1 << 20), in({0, 1, number}, pool, back, 1 << 20) {
    there.to = &in;
  }
  record::FramePool pool;
  FakeRoute there, back;
  channel::OutChannel out;
  channel::InChannel in;
};

/// A task with two inputs and one output that nobody reads.
class Aligner : public testing::Test {
 protected:
  Aligner() {
    plan_.name = "memory";
    Node& head = chain_.add_node(plan_);
    head.set_operator(std::make_unique<FakeMemory>());
    chain_.set_gate(
        std::make_unique<InputGate>(std::vector<InputGate::Input>{{&left_.in, 0, nullptr}, {&right_.in, 0, nullptr}},
                                    std::vector<std::unique_ptr<FrameReader>>()));
    EXPECT_TRUE(chain_.open().has_value());
  }
  void run() {
    for (int steps = 0; steps < 100 && chain_.step() == Step::kProgress; ++steps) {
    }
  }
  FakeServices services_;
  topology::PlanNode plan_;
  Chain chain_{0, services_};
  Link left_{0}, right_{1};
};

TEST_F(Aligner, HoldsAChannelUntilEveryBarrierHasCome) {
  left_.out.barrier(1);
  left_.out.watermark(100, 10'000);
  run();
  EXPECT_TRUE(services_.images.empty());
  EXPECT_FALSE(left_.in.empty());  // What is behind its barrier has not been read.
  right_.out.barrier(1);
  run();
  ASSERT_EQ(services_.images.size(), 1u);
  EXPECT_EQ(services_.images[0].epoch, 1u);
  EXPECT_EQ(services_.images[0].nodes[0].parts.at("seen"), "all");
  EXPECT_TRUE(left_.in.empty());
}

TEST_F(Aligner, WaitsForTheNewerOneWhenASenderLeftABarrierOut) {
  left_.out.barrier(1);
  run();
  right_.out.barrier(2);  // Its source heard late of the first, which was given up.
  run();
  EXPECT_TRUE(services_.images.empty());
  left_.out.barrier(2);
  run();
  ASSERT_EQ(services_.images.size(), 1u);
  EXPECT_EQ(services_.images[0].epoch, 2u);
}

TEST_F(Aligner, TakesBarriersAfterTheEndOfItsInputUntilItMayEnd) {
  left_.out.drained();
  right_.out.drained();
  run();
  EXPECT_EQ(services_.drained_tasks, 1);
  left_.out.barrier(3);
  right_.out.barrier(3);
  run();
  ASSERT_EQ(services_.images.size(), 1u);
  EXPECT_TRUE(services_.images[0].flushed);
  chain_.publish(3);
  run();
  EXPECT_EQ(services_.published_epochs, std::vector<std::uint64_t>{3});
  EXPECT_FALSE(chain_.ended());
  left_.out.end();
  right_.out.end();
  run();
  EXPECT_TRUE(chain_.ended());
}

TEST_F(Aligner, DoesNotWaitForAChannelThatHasEnded) {
  left_.out.end();
  right_.out.barrier(1);
  run();
  EXPECT_EQ(services_.images.size(), 1u);
}

/// Counts how often it is asked for what is left.
class FakeRest final : public api::Operator {
 public:
  explicit FakeRest(int& flushes) : flushes_(flushes) {}
  Step process(int, const record::Rows&, api::Context&) override { return Step::kDone; }
  Step flush(api::Context&) override {
    ++flushes_;
    return Step::kDone;
  }

 private:
  int& flushes_;
};

/// One partition without end.
class FakeEndless final : public api::Source {
 public:
  base::Result<void> open(api::SourceContext& context) override {
    context.add_partition("endless", true);
    context.partitions_complete();
    return {};
  }
  Step read(api::PartitionId, std::uint32_t, api::SourceContext&) override {
    ADD_FAILURE() << "it had ended";
    return Step::kIdle;
  }
};

TEST(RestoredChain, NodesThatHadFlushedReadNothingAndAreNotAskedAgainNextTimeEither) {
  FakeServices services;
  Chain chain(0, services);
  const auto numbers = support::small_node("numbers", topology::NodeKind::kSource, "numbers", 1);
  const auto before = support::small_node("before", topology::NodeKind::kOperator, "rest", 1);
  const auto behind = support::small_node("behind", topology::NodeKind::kOperator, "rest", 1);
  int flushed_before = 0, flushed_behind = 0;
  Node& head = chain.add_node(numbers);
  head.set_operator(std::make_unique<SourceOperator>());
  auto source = std::make_unique<SourceHead>(std::make_unique<FakeEndless>(), head, 1);
  head.set_source(source.get());
  chain.set_source(std::move(source));
  chain.add_node(before).set_operator(std::make_unique<FakeRest>(flushed_before));
  chain.add_node(behind).set_operator(std::make_unique<FakeRest>(flushed_behind));
  auto restored = std::make_unique<RestoredTask>();
  restored->spent = {"numbers", "before"};
  chain.restore(std::move(restored));
  ASSERT_TRUE(chain.open());
  chain.begin_checkpoint(1);  // It comes before the flush.
  for (int steps = 0; steps < 100 && chain.step() == Step::kProgress; ++steps) {
  }
  ASSERT_EQ(services.images.size(), 1u);
  EXPECT_FALSE(services.images[0].flushed);
  EXPECT_TRUE(services.images[0].nodes[1].flushed);
  EXPECT_FALSE(services.images[0].nodes[2].flushed);
  EXPECT_EQ(flushed_before, 0);
  EXPECT_EQ(flushed_behind, 1);
  EXPECT_EQ(services.drained_tasks, 1);
}

/// Keeps what it was told when it was opened.
class FakeBeginner final : public api::Operator {
 public:
  struct Told {
    bool job_goes_on = false, node_goes_on = false;
  };
  explicit FakeBeginner(Told& told) : told_(told) {}
  base::Result<void> open(api::Context& context) override {
    told_ = {context.goes_on(), context.restored() != nullptr};
    return {};
  }
  Step process(int, const record::Rows&, api::Context&) override { return Step::kDone; }

 private:
  Told& told_;
};

TEST(RestoredChain, ANodeOfWhichNothingIsKeptIsToldThatTheJobGoesOnAllTheSame) {
  for (const bool goes_on : {false, true}) {
    FakeServices services;
    Chain chain(0, services);
    const auto kept = support::small_node("kept", topology::NodeKind::kOperator, "rest", 1);
    const auto fresh = support::small_node("fresh", topology::NodeKind::kOperator, "rest", 1);
    FakeBeginner::Told of_kept, of_fresh;
    chain.add_node(kept).set_operator(std::make_unique<FakeBeginner>(of_kept));
    chain.add_node(fresh).set_operator(std::make_unique<FakeBeginner>(of_fresh));
    auto restored = std::make_unique<RestoredTask>();
    restored->nodes["kept"].tasks.resize(1);
    if (goes_on) chain.restore(std::move(restored));
    ASSERT_TRUE(chain.open());
    EXPECT_EQ(of_kept.job_goes_on, goes_on);
    EXPECT_EQ(of_kept.node_goes_on, goes_on);
    EXPECT_EQ(of_fresh.job_goes_on, goes_on);
    EXPECT_FALSE(of_fresh.node_goes_on);
  }
}

}  // namespace
}  // namespace penstock::task
