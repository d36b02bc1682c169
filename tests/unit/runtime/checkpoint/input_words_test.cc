#include "runtime/checkpoint/input_words.h"

#include <gtest/gtest.h>

namespace penstock::checkpoint {
namespace {

/// clicks, trim | counts | out, and beside them views | kept: a chain each, "trim" in that of "clicks".
class InputWords : public testing::Test {
 protected:
  InputWords() {
    for (const char* name : {"clicks", "trim", "counts", "out", "views", "kept"}) {
      plan_.nodes.emplace_back();
      plan_.nodes.back().name = name;
    }
    for (const auto& [from, to] : {std::pair{0, 1}, {1, 2}, {2, 3}, {4, 5}}) {
      plan_.edges.emplace_back();
      plan_.edges.back().from = from;
      plan_.edges.back().to = to;
    }
    plan_.chains = {{{0, 1}}, {{2}}, {{3}}, {{4}}, {{5}}};
  }
  static Deaths::AtWork death(std::uint32_t chain, std::vector<InputAt> inputs) {
    Deaths::AtWork one;
    one.work.chain = chain;
    one.inputs = std::move(inputs);
    return one;
  }
  topology::Plan plan_;
};

TEST_F(InputWords, NameTheRecordThatWasOnItsWay) {
  const auto died = death(2, {{0, 0, "part-0.json", 4711, true}, {0, 1, "part-1.json", 9, false}});
  EXPECT_EQ(on_its_way_in_words(plan_, died), "clicks, part-0.json at 4711");
  EXPECT_EQ(inputs_in_words(plan_, died), "; the record on its way was clicks, part-0.json at 4711");
}

TEST_F(InputWords, NameAllWhereItMayBeOneOfSeveral) {
  const auto died = death(2, {{0, 0, "part-0.json", 4711, true}, {0, 1, "part-1.json", 9, true}});
  EXPECT_EQ(on_its_way_in_words(plan_, died), "clicks, part-0.json at 4711 or clicks, part-1.json at 9");
}

TEST_F(InputWords, LeaveOutSourcesThatDoNotLeadToTheNode) {
  const std::vector<InputAt> inputs{{0, 0, "part-0.json", 4711, false}, {3, 0, "views.json", 9, true}};
  EXPECT_EQ(on_its_way_in_words(plan_, death(1, inputs)), "");
  EXPECT_EQ(inputs_in_words(plan_, death(1, inputs)), "; sources had been read to clicks, part-0.json at 4711");
  EXPECT_EQ(on_its_way_in_words(plan_, death(4, inputs)), "views, views.json at 9");
}

TEST_F(InputWords, SayHowFarSourcesHadBeenReadWhereNothingWasOnItsWay) {
  const auto died = death(2, {{0, 0, "part-0.json", 4711, false}, {0, 1, "part-1.json", 9, false}});
  EXPECT_EQ(on_its_way_in_words(plan_, died), "");
  EXPECT_EQ(inputs_in_words(plan_, died),
            "; sources had been read to clicks, part-0.json at 4711 and clicks, part-1.json at 9");
}

TEST_F(InputWords, SayNothingOfASourcesOwnTaskNorOfWhatThePlanDoesNotHave) {
  auto own = death(0, {{0, 0, "part-0.json", 4711, true}});
  own.work.partition = "part-0.json";
  EXPECT_EQ(inputs_in_words(plan_, own), "");
  EXPECT_EQ(inputs_in_words(plan_, death(5, {{0, 0, "part-0.json", 4711, true}})), "");
  EXPECT_EQ(inputs_in_words(plan_, death(2, {{5, 0, "part-0.json", 4711, true}})), "");
  EXPECT_EQ(inputs_in_words(plan_, death(2, {})), "");
}

}  // namespace
}  // namespace penstock::checkpoint
