#include "bench/data/generators.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <vector>

#include "bench/harness/places.h"
#include "bench/yardstick/events.h"
#include "runtime/base/time_text.h"

namespace penstock::bench {
namespace {

constexpr std::size_t kVocabulary = 100'000;
constexpr std::size_t kFlushBytes = 1 << 20;

/// The file of that name, made by `fill` when it is not there yet; a half-made file never has the final name.
std::string cached(const std::string& name, const std::function<void(std::ofstream&)>& fill) {
  const std::string path = data_path(name);
  if (std::filesystem::exists(path)) return path;
  const std::string staged = path + "." + std::to_string(::getpid());
  std::ofstream file(staged, std::ios::binary);
  fill(file);
  file.close();
  std::filesystem::rename(staged, path);
  return path;
}

/// Common words are short, as in a language: 3, 5 or 7 letters, 4.7 on average in a Zipf text. All differ.
std::string word_of(std::size_t rank) {
  static constexpr std::string_view kConsonants = "bcdfghklmnprst";
  static constexpr std::string_view kVowels = "aeiou";
  constexpr std::size_t kSyllables = kConsonants.size() * kVowels.size();
  std::string word(1, kConsonants[rank % kConsonants.size()]);
  std::size_t rest = rank;
  do {
    const std::size_t syllable = rest % kSyllables;
    word += kVowels[syllable % kVowels.size()];
    word += kConsonants[syllable / kVowels.size()];
    rest /= kSyllables;
  } while (rest != 0);
  return word;
}

/// Draws ranks 0 .. kVocabulary - 1 with weight 1 / (rank + 1), by inverting the distribution.
class ZipfRanks {
 public:
  ZipfRanks() : upto_(kVocabulary) {
    double sum = 0;
    for (std::size_t rank = 0; rank < kVocabulary; ++rank) upto_[rank] = sum += 1.0 / static_cast<double>(rank + 1);
  }
  std::size_t draw(std::uint64_t random) const {
    const double at = static_cast<double>(random >> 11) * 0x1p-53 * upto_.back();
    const auto rank = static_cast<std::size_t>(std::upper_bound(upto_.begin(), upto_.end(), at) - upto_.begin());
    return std::min(rank, kVocabulary - 1);
  }

 private:
  std::vector<double> upto_;
};

void fill_words(std::ofstream& file, std::uint64_t words) {
  const ZipfRanks ranks;
  std::vector<std::string> vocabulary;
  for (std::size_t rank = 0; rank < kVocabulary; ++rank) vocabulary.push_back(word_of(rank));
  std::string text;
  std::uint64_t left_on_line = 10;
  for (std::uint64_t i = 0; i < words; ++i) {
    const std::uint64_t random = split_mix(i);
    text += vocabulary[ranks.draw(random)];
    const bool line_ends = --left_on_line == 0 || i + 1 == words;
    text += line_ends ? '\n' : ' ';
    if (line_ends) left_on_line = 8 + random % 5;
    if (text.size() < kFlushBytes) continue;
    file << text;
    text.clear();
  }
  file << text;
}

constexpr std::array<std::string_view, 24> kPlaces = {
    "Asbury Heights", "Bayview",         "Bernal Heights", "Chinatown", "Civic Center", "Dogpatch",   "FiDi",
    "Fillmore",       "Ingleside",       "Japantown",      "Mission",   "Nob Hill",     "Noe Valley", "Pacific Heights",
    "Parkside",       "Portola",         "Potrero Hill",   "Richmond",  "Russian Hill", "SOMA",       "Sunset",
    "Tenderloin",     "Treasure Island", "Yerba Buena"};

void append_ride(std::string& text, std::uint64_t i) {
  const std::uint64_t random = split_mix(i);
  char time[32];
  const auto seconds = 1'695'047'000 + static_cast<std::int64_t>(i / 4);
  const std::size_t length = base::format_timestamp(seconds * 1'000'000, time);
  text.append("{\"timestamp\": \"").append(time, length);
  text.append("\", \"driver_id\": ").append(std::to_string(100 + random % 100));
  text.append(", \"event_type\": \"").append((random >> 32) % 2 == 0 ? "pickup" : "dropoff");
  text.append("\", \"location\": \"").append(kPlaces[(random >> 40) % kPlaces.size()]).append("\"}\n");
}

}  // namespace

std::string zipf_words_file(std::uint64_t words) {
  return cached("words-" + std::to_string(words) + ".txt", [&](std::ofstream& file) { fill_words(file, words); });
}

std::string json_lines_file(std::uint64_t megabytes) {
  return cached("rides-" + std::to_string(megabytes) + "mb.jsonl", [&](std::ofstream& file) {
    std::string text;
    std::uint64_t written = 0;
    for (std::uint64_t i = 0; written + text.size() < megabytes * 1'000'000; ++i) {
      append_ride(text, i);
      if (text.size() < kFlushBytes) continue;
      file << text;
      written += text.size();
      text.clear();
    }
    file << text;
  });
}

std::string campaigns_file() {
  return cached("campaigns.csv", [](std::ofstream& file) {
    file << "id,campaign\n";
    for (int ad = 0; ad < 1000; ++ad) file << ad << ',' << ad / 10 << '\n';
  });
}

}  // namespace penstock::bench
