#include "runtime/task/input_gate.h"

#include <gtest/gtest.h>

#include "runtime/channel/out_channel.h"
#include "runtime/task/chain.h"
#include "tests/support/fake_services.h"

namespace penstock::task {
namespace {

using support::FakeServices;

using api::Step;

/// Straight into the other end.
class FakeRoute final : public channel::FrameRoute {
 public:
  void deliver(record::Frame* frame) override {
    if (to == nullptr) return;
    EXPECT_FALSE(to->arrive(frame).has_value());
  }
  channel::InChannel* to = nullptr;
};

/// The watermark still waited for its millisecond when the channel fell silent, and was lost: windows stayed open.
TEST(InputGate, TakesTheWatermarkThatAnIdleChannelLeavesBehind) {
  FakeServices services;
  Chain chain(0, services);
  topology::PlanNode plan;
  Node& head = chain.add_node(plan);
  record::FramePool pool;
  FakeRoute there, back;
  channel::OutChannel out({0, 1, 0}, pool, there, 1 << 20);
  channel::InChannel in({0, 1, 0}, pool, back, 1 << 20);
  there.to = &in;
  InputGate gate({{&in, 0, nullptr}}, {});
  out.watermark(100, 10'000);
  out.watermark(200, 10'001);  // Waits: it is too soon after the one before.
  out.idle();
  while (gate.take(head) == Step::kProgress) {
  }
  EXPECT_EQ(gate.watermark(), 200);
  EXPECT_TRUE(gate.all_idle());
}

}  // namespace
}  // namespace penstock::task
