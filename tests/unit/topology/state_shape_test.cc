#include "topology/state_shape.h"

#include <gtest/gtest.h>

#include "topology/loader.h"

namespace penstock::topology {
namespace {

std::vector<StateShape> shapes_of(const std::string& operators) {
  const std::string text =
      "penstock: 1\nname: t\nsources: {s: {generate: {}, fields: {k: i % 9, t: cast(i as string)}}}\noperators:\n" +
      operators + "sinks: {out: {from: n, stdout: {}, format: json}}\n";
  auto loaded = load(text, {});
  if (auto* faults = std::get_if<std::vector<Diagnostic>>(&loaded)) {
    ADD_FAILURE() << render(*faults, "t.yaml", text);
    return {};
  }
  return state_shapes(std::get<Plan>(loaded));
}

std::string shape_of(const std::string& operators) {
  for (const StateShape& shape : shapes_of(operators))
    if (shape.node == "n") return shape.verb + ": " + shape.shape;
  return "nothing";
}

TEST(StateShape, NamesKeysAggregatesAndWindows) {
  EXPECT_EQ(shape_of("  n: {from: s, key_by: [k], aggregate: {c: count(*), m: max(t)}}\n"),
            "aggregate: by int64; count(*) of as int64; max(t) of string as string; a row each time");
  EXPECT_EQ(shape_of("  n: {from: s, key_by: [k, t], aggregate: {c: count(*)}, emit: end}\n"),
            "aggregate: by int64, string; count(*) of as int64; rows later");
}

TEST(StateShape, IsTheSameWhateverTheResultsAreCalled) {
  EXPECT_EQ(shape_of("  n: {from: s, key_by: [k], aggregate: {c: count(*)}}\n"),
            shape_of("  n: {from: s, key_by: [k], aggregate: {d: count(*) + 1}}\n"));
}

TEST(StateShape, LeavesOutNodesThatRememberNothing) {
  EXPECT_EQ(shape_of("  n: {from: s, filter: k > 1}\n"), "nothing");
  EXPECT_EQ(shapes_of("  n: {from: s, filter: k > 1}\n").size(), 2U);  // The source's position, the sink's segments.
}

}  // namespace
}  // namespace penstock::topology
