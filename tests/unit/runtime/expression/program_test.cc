#include "runtime/expression/program.h"

#include <gtest/gtest.h>

#include "runtime/expression/cell_text.h"
#include "runtime/expression/code.h"
#include "runtime/record/column_buffer.h"
#include "tests/unit/runtime/expression/allocation_count.h"

namespace penstock::expression {
namespace {

using record::Kind;
using topology::ExprPtr;

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest()
      : schema_{{{"a", {Kind::kInt64, {}}, true}, {"b", {Kind::kInt64, {}}, true}, {"s", {Kind::kString, {}}, true}}},
        buffer_(schema_) {
    add(1, 10, "x y");
    add(2, 0, "z");
    add(INT64_MAX, 3, "");
    buffer_[0].append_null();
    buffer_[1].append_int(4);
    buffer_[2].append_null();
  }
  void add(std::int64_t a, std::int64_t b, const char* s) {
    buffer_[0].append_int(a);
    buffer_[1].append_int(b);
    buffer_[2].append_text(s);
  }
  ExprPtr expr(const std::string& text) {
    auto checked = topology::check_expression(text, topology::Scope::of(schema_));
    if (auto* good = std::get_if<0>(&checked)) return *good;
    ADD_FAILURE() << std::get<1>(checked)[0].message;
    return nullptr;
  }
  Program program(const std::vector<std::string>& texts) {
    std::vector<ExprPtr> expressions;
    for (const std::string& text : texts) expressions.push_back(expr(text));
    return std::move(*Program::compile(expressions));
  }

  record::Schema schema_;
  record::RowsBuffer buffer_;
};

TEST_F(ProgramTest, BorrowsWholeColumnsAndGathersSelectedOnes) {
  Program fields = program({"a"});
  record::Rows rows = buffer_.rows();
  EXPECT_EQ(fields.run(rows, 0)[0].data, rows.columns[0].data);
  const std::uint32_t chosen[] = {1, 3};
  rows.selection = chosen;
  rows.count = 2;
  const record::Column column = fields.run(rows, 0)[0];
  EXPECT_EQ(cell_text(column, 0), "2");
  EXPECT_EQ(cell_text(column, 1), "null");
}

TEST_F(ProgramTest, ListsFailedRowsOnceAndAscendingWithWhatHappened) {
  Program both = program({"a + 1", "a / b", "a / b + 1"});
  const auto columns = both.run(buffer_.rows(), 0);
  ASSERT_EQ(both.faults().size(), 2u);
  EXPECT_EQ(both.faults()[0].row, 1u);
  EXPECT_EQ(both.faults()[0].code, "division_by_zero");
  EXPECT_EQ(both.faults()[0].message, "'a / b' divides by zero where a = 2, b = 0");
  EXPECT_EQ(both.faults()[1].row, 2u);
  EXPECT_EQ(both.faults()[1].code, "overflow");
  EXPECT_EQ(both.faults()[1].message, "'a + 1' overflows where a = 9223372036854775807");
  EXPECT_TRUE(columns[0].is_null(2));
  EXPECT_EQ(cell_text(columns[0], 0), "2");
}

TEST_F(ProgramTest, ForgetsTheFaultsOfTheRunBefore) {
  Program quotient = program({"a / b"});
  quotient.run(buffer_.rows(), 0);
  ASSERT_FALSE(quotient.faults().empty());
  record::Rows first = buffer_.rows();
  first.count = 1;
  quotient.run(first, 0);
  EXPECT_TRUE(quotient.faults().empty());
}

TEST_F(ProgramTest, ComputesEqualPartsOnce) {
  const std::vector<ExprPtr> expressions{expr("(a & 7) * 2"), expr("(a & 7) * 3"), expr("(a & 7) * 2 + 1")};
  auto code = compile_code(expressions);
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ((*code)->instructions.size(), 4u);
}

TEST_F(ProgramTest, ComputesWhatIsConstantWhenItIsCompiled) {
  const std::vector<ExprPtr> expressions{expr("upper('abc') || s")};
  auto code = compile_code(expressions);
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ((*code)->instructions.size(), 1u);
  Program joined = program({"upper('abc') || s"});
  EXPECT_EQ(cell_text(joined.run(buffer_.rows(), 0)[0], 1), "ABCz");
}

TEST_F(ProgramTest, TakesNowFromTheRun) {
  Program clock = program({"micros(now())"});
  EXPECT_EQ(cell_text(clock.run(buffer_.rows(), 5)[0], 2), "5");
  EXPECT_EQ(cell_text(clock.run(buffer_.rows(), 6)[0], 2), "6");
}

TEST_F(ProgramTest, WritesTheWholeRowAsJson) {
  Program row = program({"to_json()"});
  const record::Column column = row.run(buffer_.rows(), 0)[0];
  EXPECT_EQ(cell_text(column, 0), R"({"a":1,"b":10,"s":"x y"})");
  EXPECT_EQ(cell_text(column, 3), R"({"a":null,"b":4,"s":null})");
}

TEST_F(ProgramTest, SplitBorrowsFromTheLine) {
  Program words = program({"split(s, ' ')"});
  const record::Rows rows = buffer_.rows();
  const record::Column column = words.run(rows, 0)[0];
  EXPECT_EQ(cell_text(column, 0), "[x, y]");
  EXPECT_EQ(column.child->cells<record::Text>()[1].data(), rows.columns[2].cells<record::Text>()[0].data() + 2);
}

/// They were rounded to double before: 2^53 + 1 was equal to 2^53.
TEST_F(ProgramTest, ComparesWholeAndRealNumbersExactly) {
  const auto holds = [](const std::string& text) {
    const record::Schema none;
    auto checked = topology::check_expression(text, topology::Scope::of(none));
    if (std::get_if<0>(&checked) == nullptr) return text + ": " + std::get<1>(checked)[0].message;
    const auto value = evaluate_constant(*std::get_if<0>(&checked));
    return value && std::get<bool>(*value) ? std::string("true") : std::string("false");
  };
  EXPECT_EQ(holds("9007199254740993 = 9007199254740992.0"), "false");
  EXPECT_EQ(holds("9007199254740993 > 9007199254740992.0"), "true");
  EXPECT_EQ(holds("9007199254740992.0 < 9007199254740993"), "true");
  EXPECT_EQ(holds("9007199254740992 = 9007199254740992.0"), "true");
  EXPECT_EQ(holds("9223372036854775807 < 9223372036854775808.0"), "true");
  EXPECT_EQ(holds("9223372036854775807 = 9223372036854775808.0"), "false");
  EXPECT_EQ(holds("-9223372036854775807 - 1 >= -9223372036854775808.0"), "true");
  EXPECT_EQ(holds("3 between 2.5 and 3.5"), "true");
  EXPECT_EQ(holds("-3 < -2.5 and -2 > -2.5 and 2 < 2.5 and 3 > 2.5"), "true");
  EXPECT_EQ(holds("1 = 1.0 and 1e300 > 1 and 1 > -1e300"), "true");
  EXPECT_EQ(holds("9007199254740993 in (1, 9007199254740992.0)"), "false");
  EXPECT_EQ(holds("9007199254740993 in (1.5, 9007199254740993)"), "true");
  EXPECT_EQ(holds("nullif(9007199254740993, 9007199254740992.0) is null"), "false");
  EXPECT_EQ(holds("case 9007199254740993 when 9007199254740992.0 then true else false end"), "false");
}

TEST_F(ProgramTest, PredicateSelectsTrueRowsOnly) {
  auto predicate = Predicate::compile(expr("10 / b >= 1 and a > 0"));
  ASSERT_TRUE(predicate.has_value());
  const auto selected = predicate->select(buffer_.rows(), 0);
  EXPECT_EQ(std::vector<std::uint32_t>(selected.begin(), selected.end()), (std::vector<std::uint32_t>{0, 2}));
  ASSERT_EQ(predicate->faults().size(), 1u);
  EXPECT_EQ(predicate->faults()[0].row, 1u);
  EXPECT_FALSE(Predicate::compile(expr("a + b")).has_value());
}

TEST_F(ProgramTest, AllocatesNothingInSteadyState) {
  const record::Rows rows = buffer_.rows();
  for (const char* text : {"(hash(b) & 2147483647) % 1000", "b * 2 + 1", "micros(b)", "split(s, ' ')",
                           "upper(s) || '!'", "cast(b as string)", "case when a > 1 then b else 0 end",
                           "coalesce(s, 'none')", "b in (1, 2, 3)", "format('%d %s', b, s)",
                           "format_time(micros(b), '%Y')", "regexp_like(s, '[a-z]+')", "to_json()", "s like '%x%'"}) {
    Program one = program({text});
    for (int i = 0; i < 3; ++i) one.run(rows, i);
    const std::size_t before = allocations();
    for (int i = 0; i < 100; ++i) one.run(rows, i);
    EXPECT_EQ(allocations(), before) << text;
  }
  auto predicate = Predicate::compile(expr("b % 3 = 0 and s like '%x%'"));
  predicate->select(rows, 0);
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) predicate->select(rows, i);
  EXPECT_EQ(allocations(), before);
}

TEST(EvaluateConstant, GivesTheScalarOrWhyNot) {
  const auto checked = topology::check_expression("upper('a') || 'b'", topology::Scope{});
  EXPECT_EQ(std::get<std::string>(*evaluate_constant(std::get<0>(checked))), "Ab");
  const auto failing = topology::check_expression("sqrt(0 - 1)", topology::Scope{});
  const auto result = evaluate_constant(std::get<0>(failing));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "bad_argument");
}

}  // namespace
}  // namespace penstock::expression
