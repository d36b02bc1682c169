// Text from nobody knows where: never a crash, never a hang, and every fault lies within the text.

#include <gtest/gtest.h>

#include <random>

#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

namespace penstock::topology {
namespace {

Scope scope() {
  return Scope::of({{{"a", {record::Kind::kInt64, {}}, true},
                     {"s", {record::Kind::kString, {}}, true},
                     {"t", {record::Kind::kTimestamp, {}}, true}}});
}

void survives(const std::string& text) {
  auto checked = check_expression(text, scope());
  auto aggregates = check_aggregates({{"x", text}}, {}, {}, true);
  if (const auto* expr = std::get_if<0>(&checked)) {
    fields_read(**expr);
    cannot_fail(**expr);
    return;
  }
  ASSERT_FALSE(std::get<1>(checked).empty()) << text;
  for (const ExprFault& fault : std::get<1>(checked)) {
    EXPECT_LE(fault.span.begin, fault.span.end) << text;
    EXPECT_LE(fault.span.end, text.size() + 1) << text;
    EXPECT_FALSE(fault.code.empty() || fault.message.empty()) << text;
  }
}

std::string repeated(const std::string& part, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += part;
  return result;
}

TEST(HostileText, DeepAndLongTextsAreRefusedOrHandled) {
  for (const int times : {63, 64, 65, 1000, 30'000}) {
    for (const char* part : {"(",
                             "[",
                             "-",
                             "not ",
                             "a + ",
                             "a and ",
                             "(a + ",
                             "upper(",
                             "case when ",
                             "cast(",
                             "nullif(a, ",
                             "a in (",
                             "a between ",
                             "- -",
                             "1 < ",
                             "coalesce(",
                             "case a when 1 then ",
                             "'",
                             "\"",
                             "count(*) filter (where "}) {
      survives(repeated(part, times));
      survives(repeated(part, times) + "a" + repeated(")", times));
    }
  }
}

TEST(HostileText, SharedSubtreesStayLinear) {
  std::string nested = "a", ranges = "a";
  for (int i = 0; i < 40; ++i) {
    nested = "nullif(" + nested + ", 1)";
    ranges = "case when " + ranges + " between 1 and 2 then 1 else 2 end";
  }
  survives(nested);
  survives(ranges);
}

TEST(HostileText, RandomBytesAndMutatedExamples) {
  std::mt19937_64 random(20261120);
  std::vector<std::string> seeds;
  for (const Function& function : functions()) seeds.emplace_back(function.example);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (auto n = random() % 6; n > 0 && !text.empty(); --n) {
      const std::size_t at = random() % text.size();
      const std::string& other = seeds[random() % seeds.size()];
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 4);
          break;
        case 2:
          text.insert(at, other.substr(random() % other.size(), 5));
          break;
        default:
          text.insert(at, 1, "()[],.'\"+-*/%<>=!&|eE0x"[random() % 23]);
          break;
      }
    }
    survives(text);
    std::string noise(random() % 40, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    survives(noise);
  }
}

}  // namespace
}  // namespace penstock::topology
