#include "runtime/state/hash_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <string>

#include "runtime/record/key_hash.h"
#include "runtime/state/memory_store.h"
#include "tests/unit/runtime/state/random_keys.h"

namespace penstock::state {
namespace {

using record::Kind;
using record::Type;

std::int64_t& number_in(const api::Entry& entry) { return *reinterpret_cast<std::int64_t*>(entry.value); }

class HashTableOf : public testing::TestWithParam<std::vector<Type>> {
 protected:
  HashTableOf() : schema_(schema_of(GetParam())), rows_(schema_) {
    for (std::size_t i = 0; i < GetParam().size(); ++i) keys_.push_back(static_cast<int>(i));
  }
  record::Rows random_rows(std::uint32_t count) {
    rows_.clear();
    for (std::uint32_t row = 0; row < count; ++row)
      for (int field = 0; field < schema_.size(); ++field) append_random(rows_[field], random_);
    record::Rows rows = rows_.rows(count);
    selection_.clear();
    if (random_() % 2 == 0) return rows;
    for (std::uint32_t cell = 0; cell < count; ++cell)
      if (random_() % 3 != 0) selection_.push_back(cell);
    rows.selection = selection_.data();
    rows.count = static_cast<std::uint32_t>(selection_.size());
    return rows;
  }
  std::map<std::string, std::int64_t> content(api::StateTable& table) {
    std::map<std::string, std::int64_t> all;
    std::vector<api::Entry> entries(7);
    std::size_t cursor = 0;
    while (const std::size_t found = table.scan(cursor, entries)) {
      record::RowsBuffer keys(schema_);
      std::vector<record::ColumnBuffer*> columns;
      for (const int key : keys_) columns.push_back(&keys[key]);
      table.read_keys(std::span(entries).first(found), columns);
      const record::Rows rows = keys.rows(static_cast<std::uint32_t>(found));
      for (std::uint32_t i = 0; i < found; ++i) EXPECT_TRUE(all.emplace(key_of(rows, i), number_in(entries[i])).second);
    }
    return all;
  }

  record::Schema schema_;
  record::RowsBuffer rows_;
  std::vector<std::uint32_t> selection_;
  std::vector<int> keys_;
  std::mt19937_64 random_{7};
};

TEST_P(HashTableOf, CountsAsAMapDoes) {
  MemoryStore store({256, 512});
  auto table = store.make_table({"t", GetParam(), 8, {}});
  std::map<std::string, std::int64_t> model;
  std::vector<api::Entry> entries(2000);
  std::vector<std::uint8_t> inserted(2000);
  for (int run = 0; run < 60; ++run) {
    const record::Rows rows = random_rows(1 + static_cast<std::uint32_t>(random_() % (run < 30 ? 5 : 2000)));
    table->find_or_insert(rows, keys_, entries, inserted.data());
    for (std::uint32_t row = 0; row < rows.count; ++row) {
      EXPECT_EQ(inserted[row] != 0, !model.contains(key_of(rows, row)));
      model[key_of(rows, row)] += 1;
      number_in(entries[row]) += 1;
    }
    EXPECT_EQ(table->size(), model.size());
  }
  EXPECT_EQ(content(*table), model);
}

TEST_P(HashTableOf, ErasesAndFindsNoMore) {
  MemoryStore store;
  auto table = store.make_table({"t", GetParam(), 8, {}});
  std::map<std::string, std::int64_t> model;
  std::vector<api::Entry> entries(200);
  for (int run = 0; run < 200; ++run) {
    const record::Rows rows = random_rows(1);
    if (rows.count == 0) continue;
    const std::string key = key_of(rows, 0);
    table->find(rows, keys_, entries);
    EXPECT_EQ(entries[0].value != nullptr, model.contains(key));
    if (entries[0].value != nullptr && random_() % 2 == 0) {
      table->erase(entries[0]);
      model.erase(key);
      continue;
    }
    table->find_or_insert(rows, keys_, entries);
    number_in(entries[0]) = model[key] = run;
  }
  EXPECT_EQ(content(*table), model);
  table->clear();
  EXPECT_EQ(table->size(), 0u);
  EXPECT_TRUE(content(*table).empty());
}

TEST_P(HashTableOf, MergesByTheEntriesOfAnother) {
  MemoryStore store;
  auto ours = store.make_table({"t", GetParam(), 8, {}});
  std::map<std::string, std::int64_t> model;
  std::vector<api::Entry> entries(500), merged(500);
  for (int slice = 0; slice < 5; ++slice) {
    auto theirs = store.make_table({"t", GetParam(), 8, {}});
    const record::Rows rows = random_rows(500);
    theirs->find_or_insert(rows, keys_, entries);
    for (std::uint32_t row = 0; row < rows.count; ++row) {
      number_in(entries[row]) += 1;
      model[key_of(rows, row)] += 1;
    }
    std::size_t cursor = 0;
    while (const std::size_t found = theirs->scan(cursor, entries)) {
      ours->find_or_insert_from(std::span(entries).first(found), merged);
      for (std::size_t i = 0; i < found; ++i) number_in(merged[i]) += number_in(entries[i]);
    }
  }
  EXPECT_EQ(content(*ours), model);
}

INSTANTIATE_TEST_SUITE_P(Keys, HashTableOf,
                         testing::Values(std::vector<Type>{{Kind::kInt64}}, std::vector<Type>{{Kind::kFloat64}},
                                         std::vector<Type>{{Kind::kString}}, std::vector<Type>{{Kind::kBool}},
                                         std::vector<Type>{{Kind::kInt64}, {Kind::kTimestamp}},
                                         std::vector<Type>{{Kind::kString}, {Kind::kInt64}, {Kind::kString}},
                                         std::vector<Type>{{Kind::kList, Kind::kString}, {Kind::kBytes}},
                                         std::vector<Type>{{Kind::kList, Kind::kInt64}}));

TEST(HashTable, TellsNullFromTheNumberThatIsStoredForIt) {
  record::Schema schema = schema_of({{Kind::kInt64}});
  record::RowsBuffer buffer(schema);
  buffer[0].append_int(-1);
  std::uint64_t hash = 0;
  const int key = 0;
  record::hash_keys(buffer.rows(), {&key, 1}, &hash);
  EXPECT_NE(hash, record::null_key_hash());
}

TEST(HashTable, KeepsAddressesWhileItGrowsAndScansByKeyGroup) {
  record::Schema schema = schema_of({{Kind::kInt64}});
  MemoryStore store;
  auto table = store.make_table({"t", {{Kind::kInt64}}, 8, {}});
  record::RowsBuffer buffer(schema);
  for (int i = 0; i < 20'000; ++i) buffer[0].append_int(i);
  std::vector<api::Entry> entries(20'000), again(20'000);
  const int key = 0;
  table->find_or_insert(buffer.rows(), {&key, 1}, entries);
  table->find(buffer.rows(), {&key, 1}, again);
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i].value, again[i].value);
  std::size_t cursor = 0, seen = 0, out_of_order = 0;
  std::uint32_t group = 0;
  while (const std::size_t found = table->scan(cursor, again)) {
    for (std::size_t i = 0; i < found; ++i) {
      out_of_order += record::key_group(again[i].hash) < group;
      group = record::key_group(again[i].hash);
    }
    seen += found;
  }
  EXPECT_EQ(seen, 20'000u);
  EXPECT_LT(out_of_order, 1000u) << "only probing over a group's border may mix neighbours";
}

TEST(HashTable, ConstructsAndDestroysEachValueOnce) {
  int alive = 0;
  {
    MemoryStore store;
    auto table =
        store.make_table({"t", {{Kind::kInt64}}, 8, {[&](std::byte*) { ++alive; }, [&](std::byte*) { --alive; }}});
    record::Schema schema = schema_of({{Kind::kInt64}});
    record::RowsBuffer buffer(schema);
    for (int i = 0; i < 100; ++i) buffer[0].append_int(i % 40);
    std::vector<api::Entry> entries(100);
    const int key = 0;
    table->find_or_insert(buffer.rows(), {&key, 1}, entries);
    EXPECT_EQ(alive, 40);
    table->erase(entries[0]);
    EXPECT_EQ(alive, 39);
    table->clear();
    EXPECT_EQ(alive, 0);
    table->find_or_insert(buffer.rows(), {&key, 1}, entries);
  }
  EXPECT_EQ(alive, 0);
}

TEST(KeyGroups, AreSharedWithoutGapsWhateverTheNumberOfTasks) {
  for (std::uint32_t tasks = 1; tasks < 40; ++tasks)
    for (std::uint32_t group = 0; group < base::kKeyGroups; ++group) {
      const std::uint32_t task = record::task_of_group(group, tasks);
      EXPECT_LE(record::first_group(task, tasks), group);
      EXPECT_LT(group, record::first_group(task + 1, tasks));
    }
}

}  // namespace
}  // namespace penstock::state
