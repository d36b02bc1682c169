#include "runtime/state/spill.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <utility>

#include "runtime/state/unread_ranges.h"
#include "tests/support/scratch_directory.h"

namespace penstock::state {
namespace {

using Key = std::pair<std::uint64_t, std::string>;
using Model = std::map<Key, std::string>;

/// Those that were not taken are no more in `entries`.
base::Result<void> put(Spill& spill, Model& entries) {
  Spill::Batch batch;
  for (const auto& [key, value] : entries) batch.add(key.first, key.second, value);
  const auto done = spill.put(batch);
  std::size_t item = 0;
  std::erase_if(entries, [&](const auto&) { return batch.refused(item++); });
  return done;
}

void expect_taken(Spill& spill, const Key& key, const std::string& value) {
  const auto taken = spill.take(key.first, key.second);
  ASSERT_TRUE(taken) << taken.error().text;
  ASSERT_TRUE(*taken) << key.second;
  EXPECT_EQ(**taken, value);
}

TEST(Spill, HasWhatAMapHas) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const support::ScratchDirectory files;
    const GroupRange groups = seed % 2 == 0 ? GroupRange{} : GroupRange{100, 437};
    Spill spill(files.path(), groups);
    Model there, elsewhere;
    const std::uint64_t mask = seed % 3 == 0 ? 0xff00'0000'0000'0fff : ~std::uint64_t{0};
    for (int step = 0; step < 300; ++step) {
      Model some;
      for (std::uint64_t i = random() % 200; i > 0; --i) {
        const std::string key = std::to_string(random() % 20'000);
        const std::uint64_t hash = std::hash<std::string>()(key) & mask;
        if (there.contains({hash, key})) continue;
        some[{hash, key}] = std::string(random() % 20 == 0 ? random() % 5'000 : random() % 30, 'v') + key;
      }
      ASSERT_TRUE(put(spill, some));
      there.merge(some);
      ASSERT_EQ(spill.size(), there.size());
      for (std::uint64_t i = random() % 150; i > 0; --i) {
        const std::string key = std::to_string(random() % 20'000);
        const std::uint64_t hash = std::hash<std::string>()(key) & mask;
        spill.prefetch(hash);
        spill.prefetch_entries(hash);
        const auto known = there.find({hash, key});
        const auto taken = spill.take(hash, key);
        ASSERT_TRUE(taken);
        ASSERT_EQ(taken->has_value(), known != there.end());
        if (known == there.end()) continue;
        ASSERT_EQ(**taken, known->second);
        there.erase(known);
      }
      if (random() % 100 == 0) {
        spill.clear();
        there.clear();
      }
    }
    Model all;
    ASSERT_TRUE(spill.take_all([&](std::uint64_t hash, std::string_view key, std::string_view value) {
      EXPECT_TRUE(all.emplace(Key{hash, key}, value).second);
    }));
    EXPECT_EQ(all, there);
    EXPECT_EQ(spill.size(), 0U);
    EXPECT_TRUE(std::filesystem::is_empty(files.path()));
  }
}

TEST(Spill, DoesNotTakeMoreOfHashesAlikeThanABucketHolds) {
  const support::ScratchDirectory files;
  Spill spill(files.path(), {});
  Spill::Batch batch;
  constexpr std::size_t kAlike = 500;
  for (std::size_t i = 0; i < kAlike; ++i) batch.add(42, std::to_string(i), "value " + std::to_string(i));
  ASSERT_TRUE(spill.put(batch));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < kAlike; ++i) {
    if (batch.refused(i))
      ++refused;
    else
      expect_taken(spill, {42, std::to_string(i)}, "value " + std::to_string(i));
  }
  EXPECT_GT(refused, 0U);
  EXPECT_LT(refused, kAlike);
  EXPECT_EQ(spill.size(), 0U);
  EXPECT_LT(spill.memory_used(), std::size_t{1} << 20);
}

/// The only open file of this process whose name begins so.
int open_file(const std::string& prefix) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with(prefix)) return std::stoi(entry.path().filename());
  }
  return -1;
}

TEST(Spill, FindsOutWhereItsFileHasChanged) {
  std::mt19937_64 random(1);
  int found_out = 0;
  for (int round = 0; round < 1000; ++round) {
    const support::ScratchDirectory files;
    Spill spill(files.path(), {});
    Model model;
    for (int i = 0; i < 60; ++i) model[{random(), std::to_string(i)}] = "value " + std::to_string(i);
    ASSERT_TRUE(put(spill, model));
    const int file = open_file(files.path());
    ASSERT_GE(file, 0);
    struct stat about {};
    ASSERT_EQ(::fstat(file, &about), 0);
    const auto at = static_cast<off_t>(random() % static_cast<std::uint64_t>(about.st_size));
    char byte = 0;
    ASSERT_EQ(::pread(file, &byte, 1, at), 1);
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    ASSERT_EQ(::pwrite(file, &byte, 1, at), 1);
    bool damaged = false;
    for (const auto& [key, value] : model) {
      const auto taken = spill.take(key.first, key.second);
      damaged |= !taken;
      if (!taken) {
        EXPECT_EQ(taken.error().code, "state_damaged");
        continue;
      }
      ASSERT_TRUE(*taken) << "an entry is not found any more, and nothing said";
      ASSERT_EQ(**taken, value);
    }
    found_out += damaged;
  }
  EXPECT_GT(found_out, 900);
}

TEST(Spill, SaysSoWhenItsFileCannotGrow) {
  const support::ScratchDirectory files;
  Spill spill(files.path(), {});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  Model model;
  for (std::uint64_t i = 0; i < 50; ++i) model[{i << 56, std::to_string(i)}] = std::string(1000, 'x');
  const Model wanted = model;
  const auto done = put(spill, model);
  for (const auto& [key, value] : wanted) {  // What is there is right, and asking for the rest ends nothing.
    const auto taken = spill.take(key.first, key.second);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->value_or(value), value);
  }
  Model again = wanted;
  EXPECT_FALSE(put(spill, again));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "state_write_failed");
}

TEST(Spill, NeedsADirectoryOnlyWhenThereIsSomethingToPut) {
  Spill spill("/nowhere", {});
  EXPECT_EQ(spill.take(1, "a").value(), std::nullopt);
  Model one{{{1, "a"}, "b"}};
  const auto done = put(spill, one);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().where, "/nowhere");
}

TEST(HashSpread, KeepsTheOrderAndUsesTheWholeRange) {
  for (const GroupRange groups : {GroupRange{}, GroupRange{0, 1}, GroupRange{341, 683}, GroupRange{1023, 1024}}) {
    const HashSpread spread(groups);
    std::mt19937_64 random(groups.first);
    const std::uint64_t first = std::uint64_t{groups.first} << 54;
    const std::uint64_t last = (std::uint64_t{groups.last - 1} << 54) | ((std::uint64_t{1} << 54) - 1);
    EXPECT_EQ(spread(first), 0U);
    EXPECT_GT(spread(last), UINT64_MAX - (UINT64_MAX >> 20));
    for (int i = 0; i < 1000; ++i) {
      std::uint64_t a = first + random() % (last - first), b = first + random() % (last - first);
      if (a > b) std::swap(a, b);
      EXPECT_LE(spread(a), spread(b));
    }
  }
}

TEST(UnreadRanges, AreReadOnceEachAndLeaveNothingOut) {
  for (const GroupRange groups : {GroupRange{}, GroupRange{0, 1}, GroupRange{341, 683}, GroupRange{1023, 1024}}) {
    for (const std::uint64_t bytes : {0UL, 5'000UL, 1UL << 20, 1UL << 40}) {
      UnreadRanges unread(groups, bytes);
      std::mt19937_64 random(bytes);
      std::vector<HashRange> ranges;
      for (int i = 0; i < 100; ++i) {
        const std::uint64_t hash = random();  // Of other groups, too.
        const auto range = unread.take(hash);
        if (range) {
          EXPECT_LE(range->first, hash);
          EXPECT_GE(range->last, hash);
          ranges.push_back(*range);
        }
        EXPECT_FALSE(unread.take(hash));
      }
      for (const HashRange& range : unread.take_all()) ranges.push_back(range);
      EXPECT_FALSE(unread.any());
      std::sort(ranges.begin(), ranges.end(), [](HashRange a, HashRange b) { return a.first < b.first; });
      EXPECT_EQ(ranges.front().first, 0U);
      EXPECT_EQ(ranges.back().last, UINT64_MAX);
      for (std::size_t i = 1; i < ranges.size(); ++i) EXPECT_EQ(ranges[i].first, ranges[i - 1].last + 1);
    }
  }
}

}  // namespace
}  // namespace penstock::state
