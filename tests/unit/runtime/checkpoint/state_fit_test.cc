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
            "would be lost: what 'c' remembers: it was aggregate (by int64), and is now aggregate (by string)");
}

TEST(StateFit, FindsNothingLostInTheSameTopology) {
  const std::vector<proto::NodeShape> same = {shape("a", "aggregate", "by string")};
  EXPECT_TRUE(state_fit(same, same).lost.empty());
}

}  // namespace
}  // namespace penstock::checkpoint
