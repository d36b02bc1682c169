#include "bench/yardstick/yardstick.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "bench/harness/fnv.h"
#include "bench/yardstick/events.h"

namespace penstock::bench {
namespace {

std::string temporary(const std::string& name) { return ::testing::TempDir() + "/" + name; }

void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

// The published answers.
TEST(Yardstick, FilterOfAHundredMillionEventsIsThePublishedSum) { EXPECT_EQ(filter_loop(100'000'000), 33328835225U); }
TEST(Yardstick, YsbOfAHundredMillionEventsIsThePublishedSum) { EXPECT_EQ(ysb_loop(100'000'000), 9258098063U); }

TEST(Yardstick, SplitMixIsTheAuthorsGenerator) {
  EXPECT_EQ(split_mix(0), 0xe220a8397b1dcdafU);  // First output of the reference implementation with seed 0.
}

TEST(Yardstick, FnvIsTheReferenceHash) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cU);
}

TEST(Yardstick, WordsAreCountedWhateverSurroundsThem) {
  const std::string longest(40, 'x');
  const std::string path = temporary("words.txt");
  write_file(path, "one two\n  one " + longest + "\n\nexactly8 " + longest + " one");
  const std::map<std::string, std::uint64_t> counts = {{"one", 3}, {"two", 1}, {longest, 2}, {"exactly8", 1}};
  std::uint64_t checksum = 0, squares = 0;
  for (const auto& [word, n] : counts) {
    checksum += n * fnv1a(word);
    squares += n * n;
  }
  const WordSums sums = words_loop(path);
  EXPECT_EQ(sums.words, 7U);
  EXPECT_EQ(sums.checksum, checksum);
  EXPECT_EQ(sums.squares, squares);
}

TEST(Yardstick, JsonLoopKeepsPickupsAndRefusesWhatIsNoRide) {
  const std::string input = temporary("rides.jsonl"), output = temporary("rides.out");
  const std::string ride =
      R"({"timestamp": "2023-09-18T14:23:10Z", "driver_id": 7, "event_type": "pickup", "location": "Sunset"})";
  const std::string other =
      R"({"timestamp": "2023-09-18T14:23:11Z", "driver_id": 8, "event_type": "dropoff", "location": "SOMA"})";
  write_file(input, ride + "\n" + other + "\n");
  const JsonSums sums = json_loop(input, output);
  EXPECT_TRUE(sums.good);
  EXPECT_EQ(sums.rows, 2U);
  std::ifstream result(output);
  const std::string text{std::istreambuf_iterator<char>(result), {}};
  EXPECT_EQ(text, R"({"timestamp":"2023-09-18T14:23:10Z","driver_id":7,"event_type":"pickup","location":"Sunset"})"
                  "\n");
  write_file(input, "{\"timestamp\": 1}\n");
  EXPECT_FALSE(json_loop(input, output).good);
}

// Every event counted again in each window that holds it.
TEST(Yardstick, SlideChecksumIsThatOfEveryWindowCountedByItself) {
  constexpr std::uint64_t kEvents = 25'000'000, kKeys = 3, kOverlap = 4, kSlice = kYsbWindow / kOverlap;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> counts;
  for (std::uint64_t i = 0; i < kEvents; i += 1) {
    const std::uint64_t key = (split_mix(i) & 0x7fffffff) % kKeys;
    ++counts[{i / kSlice, key}];
  }
  std::uint64_t checksum = 0;
  for (const auto& [at, n] : counts)
    for (std::uint64_t window = at.first; window < at.first + kOverlap; ++window)
      checksum += n * (at.second + 1) * (window + 1);
  EXPECT_EQ(slide_checksum(kEvents, kKeys, kOverlap), checksum);
}

}  // namespace
}  // namespace penstock::bench
