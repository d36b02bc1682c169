#include "operators/sources/generate_source.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/operators/sources/source_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;

class GenerateSourceTest : public SourceTest {
 protected:
  GenerateSourceTest() {
    node.verb = "generate";
    node.format = "";
    node.schema.fields.clear();
  }
  void add_field(const std::string& name, const std::string& text, bool with_due = false) {
    topology::Scope scope;
    scope.entries.push_back({"", "i", {record::Kind::kInt64, record::Kind::kNull}, false});
    if (with_due) scope.entries.push_back({"", "due", {record::Kind::kTimestamp, record::Kind::kNull}, false});
    auto checked = topology::check_expression(text, scope);
    ASSERT_TRUE(std::holds_alternative<topology::ExprPtr>(checked)) << text;
    const auto expression = std::get<topology::ExprPtr>(checked);
    fields_.emplace_back(name, expression);
    node.params.set("fields", fields_);
    node.schema.fields.push_back({name, expression->type, expression->nullable});
  }
  topology::NamedExprs fields_;
};

TEST_F(GenerateSourceTest, CountsUpInOrder) {
  node.params.set("count", std::int64_t{5});
  add_field("id", "i");
  add_field("double", "i * 2");
  const auto source = open(context);
  ASSERT_EQ(context.record.partitions.size(), 12u);
  EXPECT_EQ(context.record.partitions[3].first, "lane-03");
  EXPECT_TRUE(context.record.partitions_complete);
  EXPECT_EQ(read_on(*source, context, 7, 2), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("0, 0", "1, 2", "2, 4", "3, 6", "4, 8"));
  EXPECT_EQ(context.record.emitted[4].partition, "lane-04");
  EXPECT_EQ(context.record.emitted[4].offset, 4);
}

TEST_F(GenerateSourceTest, TasksShareTheIndicesByLane) {
  node.params.set("count", std::int64_t{100});
  add_field("id", "i");
  for (const int tasks : {2, 3, 5, 12, 13}) {
    std::set<std::int64_t> seen;
    for (int task = 0; task < tasks; ++task) {
      support::FakeContext own;
      const auto source = open(own, {task, tasks});
      if (own.record.partitions.empty()) continue;
      EXPECT_EQ(read_on(*source, own, 0, 7), api::Step::kDone);
      std::int64_t last = -1;
      for (const auto& row : own.record.emitted) {
        const std::int64_t index = row.offset;
        EXPECT_GT(index, last) << "ascending";
        last = index;
        EXPECT_EQ(row.text, std::to_string(index));
        EXPECT_EQ(std::stoi(row.partition.substr(5)), index % 12);
        EXPECT_TRUE(seen.insert(index).second);
      }
    }
    EXPECT_EQ(seen.size(), 100u) << tasks;
  }
}

TEST_F(GenerateSourceTest, WithARateRowsComeWhenTheyAreDueAndNoneIsDropped) {
  node.params.set("count", std::int64_t{1000});
  node.params.set("rate", 100.0);
  add_field("id", "i", true);
  add_field("due", "due", true);
  const auto source = open(context);
  const base::Micros start = context.world.now;
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
  EXPECT_EQ(context.record.emitted.size(), 1u) << "row 0 is due at the start";
  EXPECT_EQ(context.record.wake_at, start + 10'000);
  context.world.now = start + 9'999;
  EXPECT_EQ(source->read(0, 100, context), api::Step::kIdle);
  context.world.now = start + 35'000;
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
  EXPECT_EQ(context.record.emitted.size(), 4u);
  context.world.now = start + 60'000'000;
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kDone);
  EXPECT_EQ(context.record.emitted.size(), 1000u);
  char text[32];
  EXPECT_EQ(context.rows()[999], "999, " + std::string(text, base::format_timestamp(start + 9'990'000, text)));
}

TEST_F(GenerateSourceTest, ARowThatCannotBeComputedIsThatRowsError) {
  node.params.set("count", std::int64_t{6});
  add_field("x", "12 / (i % 3)");
  const auto source = open(context);
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("12", "6", "12", "6"));
  EXPECT_THAT(context.fault_codes(), ElementsAre("division_by_zero", "division_by_zero"));
  EXPECT_EQ(context.record.failed[1].offset, 3);
  EXPECT_EQ(context.record.failed[1].partition, "lane-03");
}

TEST_F(GenerateSourceTest, WithoutACountItDoesNotEnd) {
  add_field("id", "i");
  const auto source = open(context);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(source->read(0, 1000, context), api::Step::kProgress);
}

}  // namespace
}  // namespace penstock::operators
