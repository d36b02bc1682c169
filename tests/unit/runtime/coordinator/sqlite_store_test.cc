#include "runtime/coordinator/sqlite_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace penstock::coordinator {
namespace {

namespace fs = std::filesystem;

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() { EXPECT_NE(mkdtemp(directory_.data()), nullptr); }
  ~SqliteStoreTest() override { fs::remove_all(directory_); }

  std::unique_ptr<MetaStore> open() {
    auto store = open_sqlite_store(directory_);
    EXPECT_TRUE(store) << store.error().text;
    EXPECT_TRUE((*store)->load());
    return std::move(*store);
  }
  std::string file() const { return directory_ + "/journal.db"; }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::binary | std::ios::trunc) << text; }

  std::string directory_ = fs::temp_directory_path() / "penstock-journal-XXXXXX";
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

TEST_F(SqliteStoreTest, IsNeverSilentlyWrongWhenBitsFlipOrTheFileIsCut) {
  Entries written;
  {
    const auto store = open();
    std::vector<JournalWrite> writes;
    for (int i = 0; i < 40; ++i) {
      const std::string key = "job/" + std::to_string(i);
      written[key] = std::string(static_cast<std::size_t>(50 + 40 * i), static_cast<char>('a' + i % 26));
      writes.push_back({key, written[key]});
    }
    ASSERT_TRUE(store->commit(writes));
  }
  fs::remove(file() + "-wal");
  const std::string whole = bytes();
  ASSERT_GT(whole.size(), 20'000U);
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 600; ++i) {
    std::string text = whole;
    if (i % 5 == 0)
      text.resize(random() % text.size());
    else
      text[random() % text.size()] ^= static_cast<char>(1 << random() % 8);
    write(text);
    auto store = open_sqlite_store(directory_);
    const auto loaded = store ? (*store)->load() : base::Result<Entries>(tl::unexpected(store.error()));
    if (loaded) {
      // A file that was cut to nothing is a new one: only that may look empty.
      EXPECT_TRUE(*loaded == written || text.empty()) << "mutation " << i;
    } else {
      EXPECT_FALSE(loaded.error().text.empty());
      ++refused;
    }
    store = tl::unexpected(base::Error{});
    fs::remove(file() + "-wal");
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace penstock::coordinator
