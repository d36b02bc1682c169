#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "operators/formats/register.h"
#include "operators/transforms/register.h"
#include "tests/support/operator_driver.h"

namespace penstock::operators {
namespace {

using support::InputRow;
using support::OperatorDriver;
using support::TestNode;
using Texts = std::vector<std::string>;

const api::Registry& registry() {
  static const auto* const filled = [] {
    auto* made = new api::Registry;
    register_formats(*made);
    register_transforms(*made);
    return made;
  }();
  return *filled;
}

class Lookup : public testing::Test {
 protected:
  Lookup() : path_(std::filesystem::path(testing::TempDir()) / ("lookup_" + std::to_string(::getpid()) + ".csv")) {}
  ~Lookup() override { std::filesystem::remove(path_); }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  /// `key` names the field of the table (and of the input) that must agree.
  TestNode node(const std::string& kind, const std::string& input, const std::string& output, const std::string& key,
                const std::vector<std::pair<std::string, std::string>>& add) {
    TestNode made("lookup", input);
    made.output(output).plan.params.set("kind", kind);
    topology::PlanTable table;
    table.name = "cities";
    table.connector = "file";
    table.params.set("path", path_.string());
    table.format = "csv";
    table.schema = support::schema_of("id int64, code string, size float64");
    table.key = {table.schema.index_of(key).value()};
    made.key({made.input.index_of(key).value()});
    topology::Scope scope = topology::Scope::of(made.input);
    scope.append(table.schema, "cities");
    topology::NamedExprs named;
    for (const auto& [name, text] : add) named.emplace_back(name, support::expression_of(text, scope));
    made.plan.params.set("add", std::move(named));
    made.plan.table = std::move(table);
    return made;
  }
  std::filesystem::path path_;
};

const std::vector<InputRow> kRows = {{{"1", "a"}}, {{"5", "b"}}, {{"null", "c"}}, {{"2", "null"}}, {{"1", "d"}}};

TEST_F(Lookup, InnerDropsRowsWithoutAMatch) {
  write("id,code,size\n1,one,1.5\n2,two,\n3,three,3\n");
  const auto made = node("inner", "id int64, t string", "id int64, c string, s float64", "id",
                         {{"c", "cities.code"}, {"s", "cities.size * 2"}});
  for (const std::size_t cut : {1000u, 1u, 2u}) {
    OperatorDriver driver(registry(), made);
    ASSERT_FALSE(driver.refused) << driver.refused->text;
    driver.with_gaps = cut == 2;
    driver.process_cut(kRows, cut);
    EXPECT_EQ(driver.context.rows(), (Texts{"1, one, 3", "2, two, null", "1, one, 3"}));
    EXPECT_EQ(driver.counters().filtered.get(), 2u);
  }
}

TEST_F(Lookup, LeftPassesThemWithNulls) {
  write("id,code,size\n1,one,1.5\n2000000,two,2\n");
  const auto made = node("left", "id int64, t string", "t string, c string, s float64", "id",
                         {{"c", "cities.code"}, {"s", "cities.size + 1"}});
  for (const std::size_t cut : {1000u, 1u, 2u}) {
    OperatorDriver driver(registry(), made);
    ASSERT_FALSE(driver.refused) << driver.refused->text;
    driver.with_gaps = cut == 2;
    driver.process_cut(kRows, cut);
    EXPECT_EQ(driver.context.rows(),
              (Texts{"a, one, 2.5", "b, null, null", "c, null, null", "null, null, null", "d, one, 2.5"}));
  }
}

TEST_F(Lookup, FindsByTextToo) {
  write("id,code,size\n1,a,1.5\n2,d,2\n");
  const auto made = node("inner", "id int64, code string", "code string, i int64", "code", {{"i", "cities.id"}});
  OperatorDriver driver(registry(), made);
  ASSERT_FALSE(driver.refused) << driver.refused->text;
  driver.process_cut(kRows, 3);
  EXPECT_EQ(driver.context.rows(), (Texts{"a, 1", "d, 2"}));
}

TEST_F(Lookup, RefusesMissingFilesRepeatedKeysAndBadRows) {
  const auto made = node("left", "id int64, t string", "t string, c string", "id", {{"c", "cities.code"}});
  EXPECT_EQ(OperatorDriver(registry(), made).refused->code, "file_not_found");
  write("id,code,size\n1,one,1\n2,two,2\n1,uno,1\n");
  EXPECT_EQ(OperatorDriver(registry(), made).refused->code, "duplicate_key");
  write("id,code,size\n1,one,1\nx,two,2\n");
  OperatorDriver bad(registry(), made);
  ASSERT_TRUE(bad.refused);
  EXPECT_NE(bad.refused->text.find("cities"), std::string::npos);
}

TEST_F(Lookup, ReloadsInTheBackgroundAndKeepsTheOldTableWhenThatFails) {
  write("id,code,size\n1,one,1\n");
  auto made = node("left", "id int64, t string", "c string", "id", {{"c", "cities.code"}});
  made.plan.table->reload = 1'000'000;
  OperatorDriver driver(registry(), made);
  const std::vector<InputRow> row = {{{"1", "a"}}};
  driver.process(row);
  const auto reload = [&] {
    driver.timer(driver.context.world.now + 1'000'000);
    driver.process(row);
    EXPECT_TRUE(driver.context.run_blocking_jobs());
    driver.process(row);
  };
  write("id,code,size\n1,uno,1\n");
  reload();
  EXPECT_EQ(driver.context.rows(), (Texts{"one", "one", "uno"}));
  write("id,code,size\n1,un,1\n1,ein,1\n");
  reload();
  EXPECT_EQ(driver.context.rows().back(), "uno");
  write("id,code,size\n1,eins,1\n");
  reload();
  EXPECT_EQ(driver.context.rows().back(), "eins");
}

}  // namespace
}  // namespace penstock::operators
