/// Steady state allocates nothing per run.
#include <gtest/gtest.h>

#include "operators/transforms/register.h"
#include "runtime/state/memory_store.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/operator_driver.h"

namespace penstock::operators {
namespace {

class SilentContext final : public support::FakeContext {
 public:
  void emit(int, const record::Rows& rows) override { emitted += rows.count; }
  std::uint64_t emitted = 0;
};

std::uint64_t allocations_of_second_half(const support::TestNode& node) {
  api::Registry registry;
  register_transforms(registry);
  auto made = registry.operators[node.plan.verb](api::NodeSpec{node.plan, {&node.input}, {}});
  EXPECT_TRUE(made);
  SilentContext context;
  state::MemoryStore store;
  context.world.state = &store;
  EXPECT_TRUE((*made)->open(context));
  record::RowsBuffer buffer(node.input);
  for (int i = 0; i < 500; ++i) {
    buffer[0].append_text(i % 2 == 0 ? "some words to take apart" : "and a few more");
    buffer[1].append_int(i);
  }
  const record::Rows rows = buffer.rows();
  std::uint64_t before = 0;
  for (int round = 0; round < 20; ++round) {
    if (round == 10) before = support::allocations.load();
    EXPECT_EQ((*made)->process(0, rows, context), api::Step::kDone);
  }
  EXPECT_GT(context.emitted, 500u);
  return support::allocations.load() - before;
}

support::TestNode node_of(const std::string& verb) { return {verb, "k string, v int64"}; }

TEST(Allocations, AreNoneInAFilter) {
  auto node = node_of("filter");
  node.output("k string").plan.params.set("condition", node.expression("v % 3 = 0"));
  EXPECT_EQ(allocations_of_second_half(node), 0u);
}
TEST(Allocations, AreNoneInAMap) {
  auto node = node_of("map");
  node.output("v int64, k string").fields("fields", {{"v", "v * 2 + 1"}, {"k", "k"}});
  EXPECT_EQ(allocations_of_second_half(node), 0u);
}
TEST(Allocations, AreNoneInAFlatMap) {
  auto node = node_of("flat_map");
  node.output("word string").fields("fields", {{"word", "split(k, ' ')"}});
  EXPECT_EQ(allocations_of_second_half(node), 0u);
}
TEST(Allocations, AreNoneInARunningAggregate) {
  auto node = node_of("aggregate");
  node.key({0})
      .aggregate({{"n", "count(*)"}, {"s", "sum(v)"}, {"l", "last(v)"}}, false)
      .plan.params.set("emit", std::string("update"));
  EXPECT_EQ(allocations_of_second_half(node), 0u);
}

}  // namespace
}  // namespace penstock::operators
