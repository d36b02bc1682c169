#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "runtime/channel/in_channel.h"
#include "runtime/channel/out_channel.h"
#include "runtime/task/chain.h"
#include "tests/support/fake_services.h"
#include "tests/support/small_plan.h"

namespace penstock::task {
namespace {

using api::Step;
using support::FakeServices;

/// Both ends of a channel. What is sent arrives at once, also what is sent back.
class Link final : public channel::FrameRoute {
 public:
  Link() : out({0, 1, 0}, pool_, *this, kWindow), in({0, 1, 0}, pool_, back_, kWindow) { back_.to = &out; }
  void deliver(record::Frame* frame) override {
    if (frame->header.kind == record::FrameKind::kData) {
      rows_sent += frame->header.rows;
      in_columns = in_columns || frame->columns;
    }
    EXPECT_FALSE(in.arrive(frame).has_value());
  }

 private:
  struct Back final : channel::FrameRoute {
    void deliver(record::Frame* frame) override {
      EXPECT_TRUE(to->on_credit(frame->header).has_value());
      record::FramePool::give_back(frame);
    }
    channel::OutChannel* to = nullptr;
  };
  static constexpr std::uint64_t kWindow = 1 << 20;
  record::FramePool pool_;
  Back back_;

 public:
  channel::OutChannel out;
  channel::InChannel in;
  std::uint64_t rows_sent = 0;
  bool in_columns = false;
};

class PassOn final : public api::Operator {
 public:
  Step process(int, const record::Rows& rows, api::Context& context) override {
    context.emit(topology::kMainPort, rows);
    return Step::kDone;
  }
};

/// numbers | middle | collect, three tasks with one channel between each two, one row at a time.
class OneAtATime : public testing::TestWithParam<topology::Partitioning> {
 protected:
  OneAtATime() {
    edge_.partitioning = GetParam();
    if (edge_.partitioning == topology::Partitioning::kHash) edge_.key = {0};
    world_.count = 5;
  }
  void wire() {
    Node& numbers = chains_[0].add_node(plans_[0]);
    numbers.set_operator(std::make_unique<SourceOperator>());
    auto head = std::make_unique<SourceHead>(
        std::make_unique<support::FakeNumbers>(world_, api::NodeSpec{plans_[0], {}, {0, 1}}), numbers, 1);
    numbers.set_source(head.get());
    chains_[0].set_source(std::move(head));
    Node& middle = chains_[1].add_node(plans_[1]);
    if (limit_ > 0)
      middle.set_operator(std::make_unique<support::FakeLimit>(limit_));
    else
      middle.set_operator(std::make_unique<PassOn>());
    chains_[2].add_node(plans_[2]).set_sink(
        std::make_unique<SinkOperator>(std::make_unique<support::FakeCollect>(world_)));
    connect(numbers, links_[0], chains_[1]);
    connect(middle, links_[1], chains_[2]);
    for (std::size_t i = 0; i < chains_.size(); ++i) chains_[i].set_mark(marks_[i], true);
    for (Chain& chain : chains_) ASSERT_TRUE(chain.open().has_value());
  }
  void connect(Node& from, Link& link, Chain& to) {
    from.add_target(
        topology::kMainPort,
        {nullptr, 0, std::make_unique<EdgeWriter>(edge_, layout_, std::vector{EdgeWriter::Lane{&link.out}})});
    std::vector<std::unique_ptr<FrameReader>> readers;
    readers.push_back(std::make_unique<FrameReader>(layout_));
    const std::vector<InputGate::Input> inputs{{&link.in, 0, readers.front().get()}};
    to.set_gate(std::make_unique<InputGate>(inputs, std::move(readers)));
  }
  /// As an executor: in turn, until nobody can do anything, or after so many turns.
  void run(int turns = 1'000) {
    for (bool more = true; more && turns > 0; --turns) {
      more = false;
      for (Chain& chain : chains_) {
        for (int steps = 0; steps < 4 && chain.step() == Step::kProgress; ++steps) more = true;
        chain.end_of_turn();
      }
    }
  }
  void publish(std::uint64_t epoch) {
    chains_[0].begin_checkpoint(epoch);
    run(20);
    ASSERT_EQ(services_.images.size(), 3 * epoch);
    for (Chain& chain : chains_) chain.publish(epoch);
    run(20);
  }
  std::vector<std::int64_t> first(std::int64_t count) const {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(i);
    return numbers;
  }
  support::SmallWorld world_;
  FakeServices services_;
  const record::Schema schema_ = support::number_schema();
  const record::RowLayout layout_{&schema_, false, GetParam() == topology::Partitioning::kHash};
  topology::PlanEdge edge_;
  std::int64_t limit_ = 0;  // Of the rows that the one in the middle takes; 0: none.
  std::array<topology::PlanNode, 3> plans_{support::small_node("numbers", topology::NodeKind::kSource, "numbers", 1),
                                           support::small_node("middle", topology::NodeKind::kOperator, "pass", 1),
                                           support::small_node("collect", topology::NodeKind::kSink, "collect", 1)};
  std::array<Link, 2> links_;
  std::array<base::WorkMark, 3> marks_;
  std::array<Chain, 3> chains_{Chain{0, services_}, Chain{1, services_}, Chain{2, services_}};
};

/// Keyed rows travel in columns within a process, others as bytes.
INSTANTIATE_TEST_SUITE_P(InColumnsAndInBytes, OneAtATime,
                         testing::Values(topology::Partitioning::kHash, topology::Partitioning::kForward));

TEST_P(OneAtATime, NoRowIsReadBeforeTheLastTaskIsThroughWithTheOneBefore) {
  wire();
  for (std::int64_t row = 0; row < world_.count; ++row) {
    world_.sink_corked = true;
    run();
    EXPECT_EQ(world_.read, row + 1);
    EXPECT_EQ(marks_[0].read_to, row);
    EXPECT_EQ(marks_[0].on_its_way, 1U);
    world_.sink_corked = false;
    chains_[2].on_wake();
    while (chains_[2].step() == Step::kProgress) {
    }
    EXPECT_EQ(world_.collected, first(row + 1));
  }
  EXPECT_EQ(links_[0].in_columns, GetParam() == topology::Partitioning::kHash);
}

/// The end of a turn may come right behind the row, and sends it.
TEST_P(OneAtATime, ARecordIsOnItsWayFromTheMomentItMayReachOthers) {
  wire();
  while (world_.read == 0) EXPECT_EQ(chains_[0].step(), Step::kProgress);
  chains_[0].end_of_turn();
  EXPECT_EQ(links_[0].rows_sent, 1U);
  EXPECT_EQ(marks_[0].on_its_way, 1U);
}

TEST_P(OneAtATime, ARecordIsNoLongerOnItsWayWhenAllHaveFinishedWithIt) {
  world_.count = 1;
  wire();
  run();
  EXPECT_EQ(world_.collected, first(1));
  EXPECT_EQ(marks_[0].read_to, 0);
  EXPECT_EQ(marks_[0].on_its_way, 0U);
}

TEST_P(OneAtATime, TheEndOfTheInputComesThrough) {
  wire();
  run();
  EXPECT_EQ(world_.collected, first(world_.count));
  EXPECT_EQ(services_.drained_tasks, 3);
  chains_[0].finish();
  run();
  EXPECT_TRUE(std::all_of(chains_.begin(), chains_.end(), [](const Chain& chain) { return chain.ended(); }));
}

TEST_P(OneAtATime, ABarrierComesThroughBetweenTwoRows) {
  wire();
  world_.sink_corked = true;
  run();
  chains_[0].begin_checkpoint(1);
  run();
  EXPECT_TRUE(services_.images.empty());  // It waits behind the row.
  world_.sink_corked = false;
  chains_[2].on_wake();
  run();
  EXPECT_EQ(services_.images.size(), 3U);
  EXPECT_EQ(world_.collected, first(world_.count));
}

TEST_P(OneAtATime, ASourceIsNotKeptByAReceiverThatWantsNoMore) {
  limit_ = 2;
  wire();
  run();
  EXPECT_EQ(world_.collected, first(2));
  EXPECT_EQ(services_.drained_tasks, 3);
}

TEST_P(OneAtATime, IsOverWhenTwoCheckpointsHaveBeenPublished) {
  world_.count = -1;
  wire();
  publish(1);
  EXPECT_NE(marks_[0].read_to, base::WorkMark::kUnknown);
  publish(2);
  EXPECT_EQ(marks_[0].read_to, base::WorkMark::kUnknown);  // Nobody keeps it any more.
  world_.sink_corked = true;
  const std::int64_t before = world_.read;
  run(10);
  EXPECT_GT(world_.read - before, 2);
}

}  // namespace
}  // namespace penstock::task
