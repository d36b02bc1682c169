#include "runtime/checkpoint/checkpoint_store.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace penstock::checkpoint {
namespace {

namespace fs = std::filesystem;

class CheckpointStoreTest : public testing::Test {
 protected:
  CheckpointStoreTest() {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    store_ = *open_store(directory_);
    EXPECT_TRUE(store_->begin_job("job"));
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) complete(epoch);
  }
  ~CheckpointStoreTest() override { fs::remove_all(directory_); }

  void complete(std::uint64_t epoch) {
    proto::Manifest manifest;
    manifest.set_job("job");
    manifest.set_epoch(epoch);
    manifest.set_attempt(1);
    EXPECT_TRUE(store_->put_manifest(manifest));
  }
  std::string place(std::uint64_t epoch) const { return directory_ + "/job/" + epoch_directory(epoch, 1); }
  /// As on a disk, or a server, that fails for a while: even root cannot look there.
  void make_unreadable(std::uint64_t epoch) const {
    fs::rename(place(epoch), directory_ + "/aside");
    fs::create_symlink(place(epoch), place(epoch));
  }
  void make_readable(std::uint64_t epoch) const {
    fs::remove(place(epoch));
    fs::rename(directory_ + "/aside", place(epoch));
  }

  std::string directory_ = fs::temp_directory_path() / "penstock-store-XXXXXX";
  std::unique_ptr<CheckpointStore> store_;
};

TEST_F(CheckpointStoreTest, ListsWhatIsCompleteOldestFirstAndLeavesOutWhatHasNoManifest) {
  EXPECT_TRUE(store_->begin_snapshot("job", epoch_directory(4, 1) + "/task-0"));
  const auto all = store_->list("job");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ(all->front().epoch(), 1U);
  EXPECT_EQ(*store_->highest_epoch("job"), 4U);
  EXPECT_TRUE(store_->list("another")->empty());
}

TEST_F(CheckpointStoreTest, NeverPassesOverOneThatCannotBeLookedAt) {
  make_unreadable(3);
  const auto all = store_->list("job");
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, "checkpoint_unreadable");
  EXPECT_NE(all.error().text.find(place(3)), std::string::npos) << all.error().text;
  make_readable(3);
  EXPECT_EQ(store_->list("job")->size(), 3U);
}

TEST_F(CheckpointStoreTest, NeverTakesOneThatCannotBeLookedAtForUnfinished) {
  make_unreadable(2);
  EXPECT_FALSE(store_->remove_unfinished("job", 9));
  EXPECT_TRUE(fs::is_symlink(place(2)));
  make_readable(2);
  EXPECT_TRUE(store_->begin_snapshot("job", epoch_directory(4, 1) + "/task-0"));
  EXPECT_TRUE(store_->remove_unfinished("job", 9));
  EXPECT_EQ(store_->list("job")->size(), 3U);
  EXPECT_FALSE(fs::exists(place(4)));
}

TEST_F(CheckpointStoreTest, NeverTakesADirectoryThatCannotBeReadForAnEmptyOne) {
  fs::rename(directory_ + "/job", directory_ + "/aside");
  fs::create_symlink(directory_ + "/job", directory_ + "/job");
  EXPECT_EQ(store_->list("job").error().code, "checkpoint_unreadable");
  EXPECT_EQ(store_->highest_epoch("job").error().code, "checkpoint_unreadable");
  fs::remove(directory_ + "/job");
}

}  // namespace
}  // namespace penstock::checkpoint
