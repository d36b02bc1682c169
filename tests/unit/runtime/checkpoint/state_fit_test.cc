#include "runtime/checkpoint/state_fit.h"

#include <gtest/gtest.h>

namespace penstock::checkpoint {
namespace {

proto::NodeShape shape(const std::string& node, const std::string& verb, const std::string& text = "") {
  proto::NodeShape one;
  one.set_node(node);
  one.set_kind("operator");
  one.set_verb(verb);
  one.set_shape(text);
  return one;
}

TEST(StateFit, TellsWhatGoesOnWhatBeginsAnewAndWhatWouldBeLost) {
  const auto fit =
      state_fit({shape("a", "aggregate", "by string"), shape("b", "limit"), shape("c", "aggregate", "by int64")},
                {shape("a", "aggregate", "by string"), shape("c", "aggregate", "by string"), shape("d", "limit")});
  EXPECT_EQ(in_words(fit),
            "goes on: a\n"
            "begins anew: d\n"
            "would be lost: what 'b' remembers: it is no longer there\n"
            "would be lost: what 'c' remembers: it had the key (int64), and now has the key (string)");
}

/// How `now` differs from `old`, of a node of that kind.
std::string lost(const std::string& kind, const std::string& old, const std::string& now) {
  proto::NodeShape saved = shape("a", "verb", old), wanted = shape("a", "verb", now);
  saved.set_kind(kind);
  wanted.set_kind(kind);
  return state_fit({saved}, {wanted}).lost.at(0).why;
}

TEST(StateFit, TellsInTheWordsOfATopologyHowANodeDiffers) {
  const std::string counts = "by int64; count(*) of as int64", sums = counts + "; sum(i) of int64 as int64";
  EXPECT_EQ(lost("operator", sums, counts), "it no longer has sum(i) of int64");
  EXPECT_EQ(lost("operator", counts, sums), "it did not have sum(i) of int64");
  EXPECT_EQ(lost("operator", "by; count(*) of as int64", sums),
            "it had no key, and now has the key (int64), sum(i) of int64");
  EXPECT_EQ(lost("operator", counts + "; window every 1000000, size 1000000, time event, type tumbling",
                 counts + "; window every 1000000, size 90000000, time event, type sliding"),
            "it had a tumbling window (every 1s, size 1s, time event), and now has a sliding window (every 1s, size "
            "1m30s, time event)");
  EXPECT_EQ(lost("operator", "by; a row each time", "by; rows later"),
            "it had a row each time, and now has rows later");
  EXPECT_EQ(lost("operator", "by; a of as b; c of as d", "by; c of as d; a of as b"),
            "it had the same in another order");
  EXPECT_EQ(lost("sink", "exactly_once", "at_least_once"),
            "it had delivery exactly_once, and now has delivery at_least_once");
  EXPECT_EQ(lost("source", "file, json", "file, csv"), "it had file, json, and now has file, csv");
  EXPECT_EQ(state_fit({shape("a", "limit")}, {shape("a", "aggregate")}).lost.at(0).why,
            "it was 'limit', and is now 'aggregate'");
}

TEST(StateFit, FindsNothingLostInTheSameTopology) {
  const std::vector<proto::NodeShape> same = {shape("a", "aggregate", "by string")};
  EXPECT_TRUE(state_fit(same, same).lost.empty());
}

}  // namespace
}  // namespace penstock::checkpoint
