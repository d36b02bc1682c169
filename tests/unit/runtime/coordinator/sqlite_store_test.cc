#include "runtime/coordinator/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/support/scratch_directory.h"

namespace penstock::coordinator {
namespace {

namespace fs = std::filesystem;

class SqliteStoreTest : public testing::Test {
 protected:
  std::unique_ptr<MetaStore> open() {
    auto store = open_sqlite_store(directory_);
    EXPECT_TRUE(store) << store.error().text;
    EXPECT_TRUE((*store)->load());
    return std::move(*store);
  }
  const support::ScratchDirectory scratch_;
  const std::string directory_ = scratch_.path();
};

using Entries = std::map<std::string, std::string>;

TEST_F(SqliteStoreTest, HasAfterARestartWhatWasCommitted) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit({{"a", "one"}, {"b", std::string("\0two", 4)}, {"c", ""}}));
    ASSERT_TRUE(store->commit({{"a", "three"}, {"c", std::nullopt}}));
  }
  EXPECT_EQ(*open()->load(), (Entries{{"a", "three"}, {"b", std::string("\0two", 4)}}));
}

TEST_F(SqliteStoreTest, MakesItsDirectory) {
  EXPECT_TRUE(open_sqlite_store(directory_ + "/a/b"));
  const auto none = open_sqlite_store("/proc/none/of/this");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "state_unusable");
}

TEST_F(SqliteStoreTest, BelongsToOneCoordinatorAtATime) {
  const auto first = open();
  const auto second = open_sqlite_store(directory_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "state_unusable");
  EXPECT_NE(second.error().text.find("another coordinator"), std::string::npos);
}

/// A file may not grow for a while, as on a full disk.
TEST_F(SqliteStoreTest, ACommitThatFailedLeavesNoTraceInTheNextOne) {
  const auto was = signal(SIGXFSZ, SIG_IGN);
  rlimit room{};
  getrlimit(RLIMIT_FSIZE, &room);
  {
    const auto store = open();
    ASSERT_TRUE(store->commit({{"a", "one"}, {"b", "two"}}));
    const rlimit none{1, room.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    const auto failed = store->commit({{"a", "three"}, {"b", std::nullopt}, {"c", std::string(1 << 20, 'x')}});
    setrlimit(RLIMIT_FSIZE, &room);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, "journal_failed");
    ASSERT_TRUE(store->commit({{"d", "four"}, {"a", std::nullopt}, {"a", "five"}}));
  }
  signal(SIGXFSZ, was);
  EXPECT_EQ(*open()->load(), (Entries{{"a", "five"}, {"b", "two"}, {"d", "four"}}));
}

/// What a coordinator leaves that is killed after 40 commits: the last ones are in SQLite's log alone.
class DamagedJournal : public SqliteStoreTest {
 protected:
  DamagedJournal() {
    const auto store = open();
    for (int i = 0; i < 40; ++i) {
      const std::string key = "job/" + std::to_string(i % 25);
      written_[key] = std::string(static_cast<std::size_t>(50 + 40 * i), static_cast<char>('a' + i % 26));
      EXPECT_TRUE(store->commit({{key, written_[key]}}));
    }
    for (const char* name : {"journal.db", "journal.db-wal", "journal.commits"}) left_[name] = content_of(name);
  }
  std::string content_of(const std::string& name) const {
    std::ifstream in(directory_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// "": all is there. Else the code of the error.
  std::string outcome() {
    auto store = open_sqlite_store(directory_);
    if (!store) return store.error().code;
    const auto loaded = (*store)->load();
    if (!loaded) return loaded.error().text.empty() ? "no text" : loaded.error().code;
    return *loaded == written_ ? "" : "other entries";
  }
  /// The outcome with this in the place of one of the files.
  std::string outcome_with(const std::string& changed, const std::string& content) {
    for (const auto& [name, whole] : left_) write(name, name == changed ? content : whole);
    return outcome();
  }
  /// How many of these changes to a file were found out.
  int found_out(const std::string& name, int changes) {
    std::mt19937 random(1);
    int refused = 0;
    for (int i = 0; i < changes; ++i) {
      std::string content = left_[name];
      if (i % 5 == 0)
        content.resize(random() % content.size());
      else
        content[random() % content.size()] ^= static_cast<char>(1 << random() % 8);
      const std::string found = outcome_with(name, content);
      EXPECT_TRUE(found.empty() || found == "journal_damaged" || found == "state_unusable")
          << found << " " << name << i;
      refused += !found.empty();
    }
    return refused;
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(directory_ + "/" + name, std::ios::binary | std::ios::trunc) << content;
  }

  Entries written_;
  std::map<std::string, std::string> left_;
};

TEST_F(DamagedJournal, HasAllWhenNothingHappenedToIt) { EXPECT_EQ(outcome_with("", ""), ""); }

TEST_F(DamagedJournal, LogIsNeverSilentlyShorter) {
  ASSERT_GT(left_["journal.db-wal"].size(), 100'000U);
  EXPECT_GT(found_out("journal.db-wal", 400), 300);
  EXPECT_EQ(outcome_with("journal.db-wal", ""), "journal_damaged");
}

TEST_F(DamagedJournal, FileIsNeverSilentlyAnother) {
  ASSERT_EQ(outcome_with("", ""), "");  // Closed in order, all is in the one file.
  left_["journal.db"] = content_of("journal.db");
  left_.erase("journal.db-wal");
  ASSERT_GT(left_["journal.db"].size(), 20'000U);
  EXPECT_GT(found_out("journal.db", 600), 300);
  EXPECT_EQ(outcome_with("journal.db", ""), "journal_damaged");
}

TEST_F(DamagedJournal, CountThatIsDamagedSaysNothing) { EXPECT_EQ(found_out("journal.commits", 100), 0); }

TEST_F(DamagedJournal, BeginsAnewWhenItIsMovedAway) {
  for (const auto& [name, content] : left_) fs::remove(directory_ + "/" + name);
  EXPECT_TRUE(open()->load()->empty());
}

}  // namespace
}  // namespace penstock::coordinator
