/// Steady state allocates nothing per run: after a first round over the same keys and windows' worth of rows, operators
/// work in the memory they have.
#include <gtest/gtest.h>

#include "operators/windows/register.h"
#include "runtime/state/memory_store.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/operator_driver.h"

namespace penstock::operators {
namespace {

/// Takes what is emitted and keeps nothing.
class SilentContext final : public support::FakeContext {
 public:
  void emit(int, const record::Rows& rows) override { emitted += rows.count; }
  std::uint64_t emitted = 0;
};

std::uint64_t allocations_of_second_half(const std::vector<topology::NamedText>& outputs, const std::string& type,
                                         base::Micros every) {
  support::TestNode node("aggregate", "k string, v int64");
  node.key({0}).aggregate(outputs, true).event_time().window(type, 1000, every);
  api::Registry registry;
  register_windows(registry);
  auto made = registry.operators["aggregate"](api::NodeSpec{node.plan, {&node.input}, {}});
  EXPECT_TRUE(made);
  SilentContext context;
  state::MemoryStore store;
  context.world.state = &store;
  EXPECT_TRUE((*made)->open(context));
  record::RowsBuffer buffer(node.input);
  std::vector<std::string> keys;
  for (int i = 0; i < 50; ++i) keys.push_back("a key of some length " + std::to_string(i));
  std::uint64_t before = 0;
  for (base::Micros now = 0; now < 20'000; now += 100) {
    buffer.clear();
    for (int i = 0; i < 100; ++i) {
      buffer[0].append_text(keys[static_cast<std::size_t>(i) % keys.size()]);
      buffer[1].append_int(i);
      buffer.time().push_back(now + i);
      buffer.watermark().push_back(now - 50 + i);
    }
    if (now == 10'000) before = support::allocations.load();
    const record::Rows rows = buffer.rows();
    EXPECT_EQ((*made)->process(0, rows, context), api::Step::kDone);
    EXPECT_EQ((*made)->on_watermark(now + 40, context), api::Step::kDone);
  }
  EXPECT_GT(context.emitted, 500u);
  return support::allocations.load() - before;
}

TEST(Allocations, AreNoneInATumblingWindow) {
  EXPECT_EQ(allocations_of_second_half({{"n", "count(*)"}, {"s", "sum(v)"}, {"m", "max(v + 1)"}}, "tumbling", 1000),
            0u);
}
TEST(Allocations, AreNoneInASlidingWindow) {
  EXPECT_EQ(allocations_of_second_half({{"n", "count(*)"}, {"s", "sum(v)"}}, "sliding", 100), 0u);
  EXPECT_EQ(allocations_of_second_half({{"m", "max(v)"}, {"a", "avg(v)"}}, "sliding", 100), 0u);
}

}  // namespace
}  // namespace penstock::operators
