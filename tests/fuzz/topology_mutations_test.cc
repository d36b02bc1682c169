/// The same thousands of damaged topologies on every run: none may crash the loader or keep it busy for long.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/fuzz/loaded.h"

namespace penstock::fuzz {
namespace {

using Random = std::mt19937_64;

std::vector<std::string> texts_of(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(PENSTOCK_SOURCE_DIR + folder))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

std::size_t below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> kPieces{"{",
                                                "}",
                                                "[",
                                                "]",
                                                "(",
                                                ")",
                                                "'",
                                                "\"",
                                                ":",
                                                ": ",
                                                ",",
                                                "- ",
                                                "\n",
                                                "\t",
                                                "  ",
                                                "#",
                                                " #",
                                                "&a ",
                                                "*a",
                                                "!x ",
                                                "!!int ",
                                                "|\n",
                                                ">\n",
                                                "---\n",
                                                "...\n",
                                                "%YAML 1.2\n",
                                                "? ",
                                                "null",
                                                "~",
                                                "true",
                                                "yes",
                                                "-1",
                                                "1e999",
                                                "0x7fffffffffffffff",
                                                "9223372036854775808",
                                                "${A}",
                                                "${AB}",
                                                "${A:-b}",
                                                "${",
                                                "}}",
                                                "\xEF\xBB\xBF",
                                                "\xC3\xA9",
                                                "\xFF",
                                                std::string(1, '\0'),
                                                "\r\n",
                                                "\\",
                                                "\"\\x41\"",
                                                "from: ",
                                                "errors",
                                                ".late",
                                                "count(*)",
                                                "case when",
                                                "1s",
                                                "100/s"};
  return kPieces;
}

void mutate(std::string& text, const std::vector<std::string>& all, Random& random) {
  const std::size_t at = below(random, text.size() + 1);
  const std::size_t length = std::min(below(random, 40), text.size() - at);
  switch (below(random, 7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random());
      break;
    case 1:
      text.insert(at, pieces()[below(random, pieces().size())]);
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(at, text.substr(at, length));
      break;
    case 4:
      text.resize(at);
      break;
    case 5: {
      const std::string& other = all[below(random, all.size())];
      text.insert(at, other.substr(below(random, other.size() + 1), 60));
      break;
    }
    default:
      std::swap(text[below(random, text.size())], text[below(random, text.size())]);
      break;
  }
}

TEST(TopologyMutations, NeitherCrashNorHang) {
  constexpr int kCases = 12'000;
  const auto whole = texts_of("/topology/examples");
  const auto faulty = texts_of("/tests/golden/diagnostics");
  ASSERT_GE(whole.size(), 8u);
  ASSERT_GE(faulty.size(), 60u);
  const char* seed = std::getenv("PENSTOCK_FUZZ_SEED");  // To look at others than those of every run.
  Random random(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20261120);
  int good = 0;
  for (int i = 0; i < kCases; ++i) {
    const auto& seeds = i % 2 == 0 ? whole : faulty;  // Every second case breaks something that was whole, a little.
    std::string text = seeds[below(random, seeds.size())];
    const std::size_t changes = i % 2 == 0 ? 1 : 1 + below(random, 4);
    for (std::size_t change = 0; change < changes && !text.empty(); ++change) mutate(text, faulty, random);
    const auto begin = std::chrono::steady_clock::now();
    good += load_and_show(text) ? 1 : 0;
    ASSERT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << text;
  }
  EXPECT_GT(good, 500) << "the mutations leave nothing whole, so they test only the parser";
}

/// A whole file of one thing again and again.
class Monotony : public testing::TestWithParam<std::string> {};

TEST_P(Monotony, IsRefusedSoon) {
  std::string text = "penstock: 1\nname: x\nsources: ";
  while (text.size() + GetParam().size() <= (1u << 20)) text += GetParam();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(load_and_show(text));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

INSTANTIATE_TEST_SUITE_P(Of, Monotony,
                         testing::Values("[", "{", "{a: ", "[a, ", "- ", "? ", "a: ", "\na: ", "'", "\"", "\"\\", "&a ",
                                         "*a ", "!a ", "#", " ", "\n", "\t", "|\n", "---\n", "${A}", "(", "a", "\n- a",
                                         "\n  a: {b: c}", "{}, ", "\xC3\xA9", ",", "\n? a\n: b", "\n#\n"));

/// Thousands of small parts that each find a fault, or a neighbour to be compared with.
TEST(ManyParts, AreReadSoon) {
  const auto begin = std::chrono::steady_clock::now();
  std::string sources = "sources: {";
  std::string fields = "sources: {s: {generate: {}, fields: {";
  std::string readers = "sources: {s: {generate: {}, fields: {id: i}}}\nsinks: {";
  for (int i = 0; i < 12'000; ++i) {
    const std::string number = std::to_string(i);
    sources += "name" + number + ": 1, ";
    fields += "field" + number + ": j, ";
    readers += "out" + number + ": {from: name" + number + ", discard: {}}, ";
  }
  const std::string head = "penstock: 1\nname: x\n";
  EXPECT_FALSE(load_and_show(head + sources + "}\nsinks: {o: {from: namex, discard: {}}}\n"));
  EXPECT_FALSE(load_and_show(head + fields + "}}}\nsinks: {o: {from: s, discard: {}}}\n"));
  EXPECT_FALSE(load_and_show(head + readers + "}\n"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

/// Streams that merge into one another all the way down need the same fields everywhere.
TEST(ManyMerges, ArePlannedSoon) {
  std::string text = "penstock: 1\nname: x\nsources: {s: {generate: {}, fields: {";
  for (int i = 0; i < 900; ++i) text += "f" + std::to_string(i) + ": i, ";
  text += "}}}\noperators:\n  o0: {from: s, sample: 1}\n";
  for (int i = 1; i < 900; ++i)
    text += "  o" + std::to_string(i) + ": {from: [o" + std::to_string(i - 1) + ", s], filter: f" + std::to_string(i) +
            " > 0}\n";
  text += "  m: {from: o899, map: {f: f0}}\nsinks: {o: {from: m, discard: {}}}\n";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(std::holds_alternative<topology::Plan>(topology::load(text, {})));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(OversizedFile, IsRefused) { EXPECT_FALSE(load_and_show(std::string((1u << 20) + 1, ' '))); }

}  // namespace
}  // namespace penstock::fuzz
