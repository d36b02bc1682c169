/// What a look-up in a state table costs per row, beside a table written for the purpose (open addressing, no hash
/// kept, one row at a time) that does the same: count words, count integers. Prints one line per case; ratio =
/// yardstick / ours.
#define XXH_INLINE_ALL
#include <time.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "runtime/record/rows.h"
#include "runtime/state/memory_store.h"

namespace {

using penstock::api::Entry;
using penstock::record::Column;
using penstock::record::Kind;
using penstock::record::Rows;
using penstock::record::Text;

constexpr std::uint32_t kRun = 1024;

double cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// Numbers from 0 to most - 1 with the chances of Zipf's law.
std::vector<std::uint32_t> zipf(std::size_t count, std::uint32_t most) {
  std::vector<double> sums(most);
  double sum = 0;
  for (std::uint32_t i = 0; i < most; ++i) sums[i] = sum += 1.0 / (i + 1);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> chance(0, sum);
  std::vector<std::uint32_t> drawn(count);
  for (auto& one : drawn)
    one = static_cast<std::uint32_t>(std::lower_bound(sums.begin(), sums.end(), chance(random)) - sums.begin());
  return drawn;
}

template <class Cell>
std::uint64_t count_with_state(const std::vector<Cell>& cells, Kind kind) {
  penstock::state::MemoryStore store;
  const auto table = store.make_table({"t", {{kind}}, 8});
  std::vector<Entry> entries(kRun);
  Column column{{kind}, nullptr, nullptr, nullptr};
  Rows rows;
  rows.columns = {&column, 1};
  const int key = 0;
  for (std::size_t at = 0; at < cells.size(); at += kRun) {
    rows.count = static_cast<std::uint32_t>(std::min<std::size_t>(kRun, cells.size() - at));
    column.data = cells.data() + at;
    table->find_or_insert(rows, {&key, 1}, entries);
    for (std::uint32_t i = 0; i < rows.count; ++i) ++*reinterpret_cast<std::uint64_t*>(entries[i].value);
  }
  return table->size();
}

struct WordSlot {
  const char* text;
  std::uint32_t size;
  std::uint64_t hash, count;
};
std::uint64_t count_by_hand(const std::vector<Text>& words) {
  std::vector<WordSlot> slots(1 << 18);
  std::uint64_t used = 0;
  for (const Text word : words) {
    const std::uint64_t hash = XXH3_64bits(word.data(), word.size());
    for (std::size_t at = hash & (slots.size() - 1);; at = (at + 1) & (slots.size() - 1)) {
      WordSlot& slot = slots[at];
      if (slot.text == nullptr) {
        slot = {word.data(), static_cast<std::uint32_t>(word.size()), hash, 1};
        ++used;
        break;
      }
      if (slot.hash == hash && slot.size == word.size() && std::memcmp(slot.text, word.data(), word.size()) == 0) {
        ++slot.count;
        break;
      }
    }
  }
  return used;
}

struct NumberSlot {
  std::int64_t key;
  std::uint64_t count;
};
std::uint64_t count_by_hand(const std::vector<std::int64_t>& numbers) {
  std::vector<NumberSlot> slots(1 << 15);
  std::uint64_t used = 0;
  for (const std::int64_t number : numbers) {
    const std::uint64_t hash = XXH3_64bits(&number, sizeof number);
    for (std::size_t at = hash & (slots.size() - 1);; at = (at + 1) & (slots.size() - 1)) {
      NumberSlot& slot = slots[at];
      if (slot.count == 0)
        ++used;
      else if (slot.key != number)
        continue;
      slot.key = number;
      ++slot.count;
      break;
    }
  }
  return used;
}

template <class Cell>
void compare(const char* name, const std::vector<Cell>& cells, Kind kind) {
  double ours = 1e300, by_hand = 1e300;
  std::uint64_t groups = 0;
  for (int round = 0; round < 3; ++round) {
    double begin = cpu_ns();
    groups = count_with_state(cells, kind);
    ours = std::min(ours, cpu_ns() - begin);
    begin = cpu_ns();
    if (count_by_hand(cells) != groups) std::printf("the tables disagree\n");
    by_hand = std::min(by_hand, cpu_ns() - begin);
  }
  const auto rows = static_cast<double>(cells.size());
  std::printf("%-14s %8zu groups  %6.2f ns/row  yardstick %6.2f  ratio %.2f\n", name, static_cast<std::size_t>(groups),
              ours / rows, by_hand / rows, by_hand / ours);
}

}  // namespace

int main() {
  constexpr std::size_t kRows = 10'000'000;
  std::vector<std::string> vocabulary;
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i)
    vocabulary.push_back("w" + std::to_string(random() % 1'000'000'000).substr(0, 2 + random() % 8) +
                         std::to_string(i));
  std::vector<Text> words;
  std::string text;  // Words are read where they stand in a long text, as in a file.
  const auto drawn = zipf(kRows, 100'000);
  for (const std::uint32_t word : drawn) text += vocabulary[word] + ' ';
  std::size_t at = 0;
  for (const std::uint32_t word : drawn) {
    words.emplace_back(text.data() + at, vocabulary[word].size());
    at += vocabulary[word].size() + 1;
  }
  compare("words", words, Kind::kString);
  for (const std::int64_t keys : {100, 1000, 10'000}) {
    std::vector<std::int64_t> numbers(kRows);
    for (auto& number : numbers) number = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(keys));
    compare(("int " + std::to_string(keys)).c_str(), numbers, Kind::kInt64);
  }
}
