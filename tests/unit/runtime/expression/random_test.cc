// Compiled programs against the independent evaluator, on random expressions and rows. A failure prints its seed;
// PENSTOCK_SEED=... replays it alone, PENSTOCK_CASES=... sets how many there are.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "runtime/expression/cell_text.h"
#include "runtime/expression/program.h"
#include "runtime/record/column_buffer.h"
#include "tests/unit/runtime/expression/random_expression.h"

namespace penstock::expression {
namespace {

using record::Kind;
using topology::ExprPtr;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

void append(record::ColumnBuffer& column, const Value& value, record::TextArena& arena) {
  if (!value.valid()) return column.append_null();
  if (const auto* flag = std::get_if<bool>(&value.data)) return column.append_bool(*flag);
  if (const auto* integer = std::get_if<std::int64_t>(&value.data)) return column.append_int(*integer);
  if (const auto* real = std::get_if<double>(&value.data)) return column.append_float(*real);
  if (const auto* text = std::get_if<std::string>(&value.data)) return column.append_text(arena.copy(*text));
  const auto& elements = std::get<std::vector<Value>>(value.data);
  for (const Value& element : elements) append(column.child(), element, arena);
  column.append_list(static_cast<std::uint32_t>(elements.size()));
}

std::string shown(const Value& value, record::Type type) {
  if (!value.valid()) return value.failed() ? "failed" : "null";
  if (type.kind == Kind::kList) {
    std::string result = "[";
    const auto& elements = value.as<std::vector<Value>>();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      result += (i == 0 ? "" : ", ") + shown(elements[i], {type.element, Kind::kNull});
    }
    return result + "]";
  }
  if (type.kind == Kind::kString) return value.as<std::string>();
  return cast_value(value, type, {Kind::kString, Kind::kNull}).as<std::string>();
}

/// One case: up to three expressions compiled together, some cells, some of them selected.
class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : random_(seed), schema_(random_schema()), buffer_(schema_) {}

  /// False: the checker refused all of them (a constant part always fails).
  bool run() {
    make_expressions();
    if (expressions_.empty()) return false;
    auto program = Program::compile(expressions_);
    if (!program) {
      ADD_FAILURE() << program.error().text << " in " << texts();
      return true;
    }
    for (int turn = 0; turn < 2; ++turn) {  // The second run meets what the first left behind.
      make_rows();
      record::Rows rows = buffer_.rows(static_cast<std::uint32_t>(cells_.size()));
      if (random_.chance(50)) select(rows);
      const auto columns = program->run(rows, 0);
      compare(rows, columns, program->faults());
    }
    return true;
  }

 private:
  void make_expressions() {
    const topology::Scope scope = topology::Scope::of(schema_);
    for (std::uint32_t n = 1 + random_.below(3); n > 0; --n) {
      const std::string text = random_.expression(random_.any_type(), 1 + static_cast<int>(random_.below(5)));
      auto checked = topology::check_expression(text, scope);
      if (auto* expr = std::get_if<0>(&checked)) {
        expressions_.push_back(*expr);
        written_.push_back(text);
        continue;
      }
      for (const auto& fault : std::get<1>(checked)) {
        const bool constant = fault.code == "overflow" || fault.code == "division_by_zero" ||
                              fault.code == "bad_cast" || fault.code == "out_of_range" || fault.code == "bad_timestamp";
        EXPECT_TRUE(constant || fault.code == "too_long") << fault.code << ": " << fault.message << " in " << text;
      }
    }
  }

  void make_rows() {
    buffer_.clear();
    cells_.assign(random_.below(40), {});
    for (Row& row : cells_) {
      for (int i = 0; i < schema_.size(); ++i) {
        const bool null = schema_[i].nullable && random_.chance(15);
        row.push_back(null ? null_value() : random_.value(schema_[i].type));
        append(buffer_[i], row.back(), buffer_.arena());
      }
    }
  }

  void select(record::Rows& rows) {
    selection_.clear();
    for (std::uint32_t k = 0; k < rows.count; ++k)
      if (random_.chance(50)) selection_.push_back(k);
    rows.selection = selection_.data();
    rows.count = static_cast<std::uint32_t>(selection_.size());
  }

  void compare(const record::Rows& rows, std::span<const record::Column> columns, std::span<const RowFault> faults) {
    for (std::uint32_t k = 0; k < rows.count; ++k) {
      bool failed = false;
      for (std::size_t i = 0; i < expressions_.size(); ++i) {
        const Value expected = evaluate(*expressions_[i], cells_[rows.cell(k)]);
        failed = failed || expected.failed();
        const std::string wanted = expected.failed() ? "null" : shown(expected, expressions_[i]->type);
        EXPECT_EQ(cell_text(columns[i], k), wanted) << written_[i] << " at row " << k;
        if (!expressions_[i]->nullable && !expected.failed()) {
          EXPECT_TRUE(expected.valid()) << "never null: " << written_[i];
        }
        const bool contradicts = expected.failed() && topology::cannot_fail(*expressions_[i]);
        EXPECT_FALSE(contradicts) << "cannot fail: " << written_[i];
      }
      const bool listed =
          std::any_of(faults.begin(), faults.end(), [&](const RowFault& fault) { return fault.row == k; });
      EXPECT_EQ(listed, failed) << texts() << " at row " << k;
    }
    for (const RowFault& fault : faults) EXPECT_FALSE(fault.message.empty() || fault.code.empty()) << texts();
  }

  std::string texts() const {
    std::string result;
    for (const std::string& text : written_) result += text + "\n";
    return result;
  }

  RandomExpressions random_;
  record::Schema schema_;
  record::RowsBuffer buffer_;
  std::vector<ExprPtr> expressions_;
  std::vector<std::string> written_;
  std::vector<Row> cells_;
  std::vector<std::uint32_t> selection_;
};

TEST(RandomExpressions, ProgramAndTreeWalkAgree) {
  const std::uint64_t replay = from_environment("PENSTOCK_SEED", 0);
  const std::uint64_t cases = replay != 0 ? 1 : from_environment("PENSTOCK_CASES", 20'000);
  std::uint64_t ran = 0;
  for (std::uint64_t seed = replay != 0 ? replay : 1; ran < cases; ++seed) {
    if (RandomCase(seed).run()) ++ran;
    if (::testing::Test::HasFailure()) {
      FAIL() << "replay with PENSTOCK_SEED=" << seed;
    }
    if (replay != 0) break;
  }
}

}  // namespace
}  // namespace penstock::expression
