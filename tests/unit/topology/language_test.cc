/// Scalars, quantities, variables and places.
#include "tests/unit/topology/loaded_plan.h"
#include "topology/language/quantities.h"
#include "topology/yaml/scalar_place.h"
#include "topology/yaml/source_text.h"

namespace penstock::topology {
namespace {

TEST(CoreTypes, AreThoseOfYaml12) {
  for (const char* text : {"yes", "no", "on", "12:30", "2012-01-01", "1_000", "0b1", "nul", "."})
    EXPECT_EQ(core_type(text), CoreType::kString) << text;
  for (const char* text : {"0", "-12", "+3", "0x1F", "0o17", "007"})
    EXPECT_EQ(core_type(text), CoreType::kInteger) << text;
  for (const char* text : {"1.5", ".5", "1.", "1e3", "-.inf", ".nan"})
    EXPECT_EQ(core_type(text), CoreType::kNumber) << text;
  for (const char* text : {"true", "False"}) EXPECT_EQ(core_type(text), CoreType::kBool) << text;
  for (const char* text : {"null", "~", ""}) EXPECT_EQ(core_type(text), CoreType::kNull) << text;
}

TEST(Quantities, AreReadExactlyOrNotAtAll) {
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_integer("0x1f"), 31);
  EXPECT_EQ(parse_number("1e999"), std::nullopt);
  EXPECT_EQ(parse_rate("120/m"), 2.0);
  for (const char* text : {"100", "0/s", "-1/s", "1/d", "/s", "1 /s"})
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
}

TEST(Places, CountCharactersAndNotBytes) {
  const SourceText source("a: \xC3\xBC\xC3\xBC x\r\nb");
  EXPECT_EQ(source.position(8).column, 7);
  EXPECT_EQ(source.line(1), "a: \xC3\xBC\xC3\xBC x");
  EXPECT_EQ(source.position(11).line, 2);
}

TEST(Places, AreRightBehindAByteOrderMark) {
  const std::string text =
      "\xEF\xBB\xBFpenstock: 3\nname: x\nsources: {s: {stdin: {}, format: text}}\nsinks: {o: {from: s, stdout: {}}}\n";
  const auto result = load(text, {});
  const auto& faults = std::get<std::vector<Diagnostic>>(result);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].line, 1);
  EXPECT_EQ(faults[0].column, 11);
  EXPECT_NE(render(faults, "f", text).find("1 | penstock: 3"), std::string::npos);
}

LoadOptions with_variable(const std::string& value) {
  LoadOptions options;
  options.variable = [value](const std::string& name) -> std::optional<std::string> {
    if (name == "V") return value;
    return std::nullopt;
  };
  return options;
}

std::string text_with(const std::string& generate, const std::string& path = "out.txt") {
  return "penstock: 1\nname: x\nsources:\n  s: {generate: {" + generate +
         "}, fields: {id: i}}\nsinks:\n  o: {from: s, file: {path: \"" + path + "\"}}\n";
}

TEST(Variables, StandForNumbersEvenInQuotes) {
  EXPECT_EQ(node(loaded(text_with("count: \"${V}\""), with_variable("12")), "s").params.integer("count"), 12);
  EXPECT_EQ(node(loaded(text_with("count: \"${W:-7}\""), with_variable("12")), "s").params.integer("count"), 7);
  EXPECT_EQ(node(loaded(text_with("count: \"${V:-7}\""), with_variable("")), "s").params.integer("count"), 7);
}

TEST(Variables, AreTextAndNeverYaml) {
  const Plan plan = loaded(text_with("count: 1", "${V}/x"), with_variable("a: {b} # '\"${V}"));
  EXPECT_EQ(node(plan, "o").params.text("path"), "a: {b} # '\"${V}/x");
}

TEST(Sources, TellTheirUnitsAndSchemas) {
  const Plan plan = loaded(
      "penstock: 1\nname: x\nsources:\n  s:\n    stdin: {}\n    format: {csv: {header: false, delimiter: \"\\t\"}}\n"
      "    schema: {t: timestamp(millis), tags: \"[string]!\"}\n    event_time: {field: t, out_of_order: 5s, "
      "idle_after: never}\n"
      "    rate: 100/s\nsinks:\n  o: {from: s, stdout: {}}\n");
  const PlanNode& source = node(plan, "s");
  EXPECT_EQ(source.format, "csv");
  EXPECT_FALSE(source.format_params.flag("header", true));
  EXPECT_EQ(source.format_params.text("delimiter"), "\t");
  EXPECT_EQ(source.format_params.get<std::shared_ptr<const Params>>("units")->text("t"), "millis");
  EXPECT_EQ(schema_text(source.schema), "t: timestamp, tags: [string]!");
  EXPECT_EQ(source.event_time->out_of_order, 5'000'000);
  EXPECT_FALSE(source.event_time->idle_after.has_value());
  EXPECT_EQ(source.rate, 100.0);
}

TEST(Aggregates, CarryWindowAndEmit) {
  const Plan plan =
      loaded(around("  w: {from: rides, key_by: [city], window: {sliding: 10s, every: 2s}, aggregate: {n: count(*)}}\n"
                    "  e: {from: rides, key_by: [city], emit: {every: 2s}, aggregate: {n: count(*)}}\n",
                    {"w", "e"}));
  const auto window = node(plan, "w").params.get<std::shared_ptr<const Params>>("window");
  EXPECT_EQ(window->text("type"), "sliding");
  EXPECT_EQ(window->integer("size"), 10'000'000);
  EXPECT_EQ(window->integer("every"), 2'000'000);
  EXPECT_EQ(window->text("time"), "event");
  EXPECT_EQ(node(plan, "e").params.text("emit"), "every");
  EXPECT_EQ(node(plan, "e").params.integer("emit_every"), 2'000'000);
}

}  // namespace
}  // namespace penstock::topology
