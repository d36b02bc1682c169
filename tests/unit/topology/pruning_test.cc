/// What travels is what somebody downstream reads, and no more.
#include "tests/unit/topology/loaded_plan.h"

namespace penstock::topology {
namespace {

TEST(Pruning, LeavesOutFieldsThatNobodyReads) {
  const Plan plan =
      loaded(around("  big: {from: rides, filter: fare > 3}\n  few: {from: big, map: {id: id}}\n", {"few"}));
  EXPECT_EQ(fields(plan, "rides"), "id: int64!, fare: float64");
  EXPECT_EQ(fields(plan, "big"), "id: int64!");
  EXPECT_EQ(node(plan, "rides").schema.size(), 5) << "all of it is decoded and checked";
}

TEST(Pruning, RenumbersExpressions) {
  const Plan plan =
      loaded(around("  big: {from: rides, filter: fare > 3}\n  few: {from: big, map: {id: id}}\n", {"few"}));
  EXPECT_EQ(fields_read(*node(plan, "big").params.expression("condition")), std::vector<int>{1});
  EXPECT_EQ(fields_read(*node(plan, "few").params.get<NamedExprs>("fields")[0].second), std::vector<int>{0});
}

TEST(Pruning, KeepsEverythingThatASinkWrites) {
  EXPECT_EQ(fields(loaded(around("", {"rides"})), "rides"),
            "time: timestamp, id: int64!, city: string, fare: float64, tags: [string]");
}

TEST(Pruning, DoesNotCopyALineIntoEachOfItsWords) {
  const Plan plan =
      loaded(around("  tag: {from: rides, flat_map: {tag: tags}}\n"
                    "  counts: {from: tag, key_by: [tag], aggregate: {n: count(*)}}\n",
                    {"counts"}));
  EXPECT_EQ(fields(plan, "rides"), "tags: [string]");
  EXPECT_EQ(fields(plan, "tag"), "tag: string");
}

TEST(Pruning, KeepsAnExpressionThatCanFailThoughNobodyReadsIt) {
  const Plan plan =
      loaded(around("  a: {from: rides, map: {id: id, risky: id + 1, safe: upper(city)}}\n"
                    "  b: {from: a, map: {id: id}}\n",
                    {"b"}));
  EXPECT_EQ(fields(plan, "a"), "id: int64!, risky: int64!");
  EXPECT_EQ(fields(plan, "rides"), "id: int64!");
}

TEST(Pruning, GivesMergedStreamsTheSameFields) {
  const Plan plan =
      loaded(around("  a: {from: rides, filter: fare > 3}\n  b: {from: rides, filter: fare < 2}\n"
                    "  ids: {from: [a, b], map: {id: id}}\n  cities: {from: a, map: {city: city}}\n",
                    {"ids", "cities"}));
  EXPECT_EQ(fields(plan, "a"), fields(plan, "b"));
  EXPECT_EQ(fields(plan, "a"), "id: int64!, city: string");
}

TEST(Pruning, GivesEachRouteItsOwnFields) {
  const Plan plan =
      loaded(around("  way: {from: rides, split: {long: fare > 30, short: else}}\n"
                    "  a: {from: way.long, map: {id: id}}\n  b: {from: way.short, map: {city: city}}\n",
                    {"a", "b"}));
  EXPECT_EQ(fields(plan, "way.long"), "id: int64!");
  EXPECT_EQ(fields(plan, "way.short"), "city: string");
  EXPECT_EQ(fields(plan, "rides"), "id: int64!, city: string, fare: float64");
}

TEST(Pruning, KeepsOneFieldWhereRowsAreOnlyCounted) {
  EXPECT_EQ(fields(loaded(around("  n: {from: rides, aggregate: {n: count(*)}}\n", {"n"})), "rides"),
            "time: timestamp");
}

TEST(Pruning, KeepsWhatReadersOfLateRowsNeed) {
  const Plan plan =
      loaded(around("  n: {from: rides, window: {tumbling: 1h}, aggregate: {n: count(*)}}\n"
                    "  late: {from: n.late, map: {city: city}}\n",
                    {"n", "late"}));
  EXPECT_EQ(fields(plan, "n.late"), "city: string");
  EXPECT_EQ(fields(plan, "rides"), "city: string");
}

TEST(Pruning, MakesOnlyGeneratedFieldsThatAreRead) {
  const std::string text =
      "penstock: 1\nname: test\nsources:\n  s:\n    generate: {count: 10}\n"
      "    fields: {id: i, h: hash(i), time: \"timestamp '2020-01-01'\"}\n    event_time: {field: time}\n"
      "operators:\n  m: {from: s, map: {id: id}}\nsinks:\n  out: {from: m, stdout: {}}\n";
  const Plan plan = loaded(text);
  EXPECT_EQ(schema_text(node(plan, "s").schema), "id: int64!");
  EXPECT_EQ(node(plan, "s").params.get<NamedExprs>("fields").size(), 1u);
  EXPECT_FALSE(node(plan, "s").event_time.has_value());
}

TEST(Pruning, RenumbersTheFieldsOfALookedUpTable) {
  const std::string tables =
      "tables:\n  cities: {file: {path: c.csv}, format: csv, schema: {name: string!, zone: int64}, key: [name]}\n";
  const Plan plan = loaded(
      around("  x: {from: rides, lookup: {table: cities, match: city = name, kind: left}, add: {z: cities.zone}}\n"
             "  y: {from: x, map: {z: z}}\n",
             {"y"}, tables));
  const PlanNode& lookup = node(plan, "x");
  EXPECT_EQ(fields(plan, "rides"), "city: string");
  EXPECT_EQ(fields(plan, "x"), "z: int64");
  EXPECT_EQ(lookup.key, std::vector<int>{0});
  EXPECT_EQ(fields_read(*lookup.params.get<NamedExprs>("add")[0].second), std::vector<int>{2});
}

TEST(Time, TravelsOnlyWhereAWindowNeedsIt) {
  const Plan without = loaded(around("  a: {from: rides, filter: fare > 3}\n", {"a"}));
  EXPECT_FALSE(node(without, "rides").ports[0].event_time);
  const Plan with =
      loaded(around("  a: {from: rides, filter: fare > 3}\n"
                    "  n: {from: a, window: {tumbling: 1h}, aggregate: {n: count(*)}}\n",
                    {"n"}));
  EXPECT_TRUE(node(with, "rides").ports[0].event_time);
  EXPECT_TRUE(node(with, "a").ports[0].event_time);
  EXPECT_FALSE(node(with, "n").ports[0].event_time);
}

TEST(Updates, BringTheirOldRowsWhereAnAggregateTakesThemBack) {
  const std::string counts = "  n: {from: rides, key_by: [city], aggregate: {n: count(*)}}\n";
  const Plan shown = loaded(around(counts, {"n"}));
  EXPECT_TRUE(node(shown, "n").ports[0].updates);
  EXPECT_FALSE(node(shown, "n").params.flag("emit_retractions"));
  const Plan summed =
      loaded(around(counts + "  f: {from: n, filter: n > 1}\n  total: {from: f, aggregate: {n: sum(n)}}\n", {"total"}));
  EXPECT_TRUE(node(summed, "n").params.flag("emit_retractions"));
  EXPECT_TRUE(node(summed, "total").params.flag("retract_input"));
  EXPECT_TRUE(node(summed, "f").ports[0].updates);
}

}  // namespace
}  // namespace penstock::topology
