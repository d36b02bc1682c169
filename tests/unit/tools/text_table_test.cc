#include "tools/penstock/text_table.h"

#include <gtest/gtest.h>

namespace penstock::tools {
namespace {

using Align = TextTable::Align;

TEST(TextWidth, CountsCharactersNotBytes) {
  EXPECT_EQ(text_width("café"), 4U);
  EXPECT_EQ(text_width("…"), 1U);
  EXPECT_EQ(text_width(""), 0U);
}

TEST(CutToWidth, KeepsWhatFitsAndNeverCutsACharacter) {
  EXPECT_EQ(cut_to_width("café", 4), "café");
  EXPECT_EQ(cut_to_width("cafés", 4), "caf…");
  EXPECT_EQ(cut_to_width("ééé", 2), "é…");
  EXPECT_EQ(cut_to_width("abc", 1), "…");
  EXPECT_EQ(cut_to_width("abc", 0), "");
}

TextTable sample() {
  TextTable table({{"node", Align::kLeft}, {"rows", Align::kRight}});
  table.add({"numbers-of-the-week", "7"});
  table.add({"out", "12,345"});
  return table;
}

TEST(TextTable, AlignsColumns) {
  const std::vector<std::string> expected = {"node                   rows", "numbers-of-the-week       7",
                                             "out                  12,345"};
  EXPECT_EQ(sample().lines(), expected);
}

TEST(TextTable, NoLineIsWiderThanAsked) {
  for (std::size_t width = 0; width < 40; ++width)
    for (const std::string& line : sample().lines(width)) EXPECT_LE(text_width(line), width) << line;
}

TEST(TextTable, TheFirstColumnGivesWaySoThatNumbersStayReadable) {
  EXPECT_EQ(sample().lines(18)[1], "numbers-o…       7");
  EXPECT_EQ(sample().lines(18)[2], "out         12,345");
}

}  // namespace
}  // namespace penstock::tools
