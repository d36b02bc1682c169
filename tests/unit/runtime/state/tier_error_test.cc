/// State whose tier cannot write a file (a directory has its name): it costs a checkpoint, or, where RocksDB would
/// never take anything again, the attempt; nothing is lost by the first.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/support/scratch_directory.h"
#include "tests/unit/runtime/state/counts.h"

namespace penstock::state {
namespace {

class TierError : public testing::Test {
 protected:
  static constexpr int kMerges = 8;  ///< So many files are merged: level0_file_num_compaction_trigger.

  std::unique_ptr<TaskState> opened(const std::string& name, std::vector<FormerState> former = {}) {
    auto state = make_task_state({{}, files_.path(name), std::move(former)});
    const auto done = state->open();
    EXPECT_TRUE(done) << done.error().text;
    return state;
  }
  /// A checkpoint of it: "" or the code of the error.
  std::string save(TaskState& state) {
    state.flip();
    saved_.directory = files_.made("image-" + std::to_string(++images_));
    auto files = state.persist(state.take(), saved_.directory);
    if (!files) return files.error().code;
    saved_.files = std::move(*files);
    return "";
  }
  /// Those with the numbers that come `from` so many after the newest of the tier's files, up to and without `to`.
  void put_directories_in_the_way(const std::string& tier, int from, int to) {
    int newest = 0;
    for (const auto& file : std::filesystem::directory_iterator(files_.path(tier)))
      newest = std::max(newest, std::atoi(file.path().filename().c_str()));
    for (int i = from; i < to; ++i) {
      char name[32];
      std::snprintf(name, sizeof name, "/%06d.sst", newest + i);
      files_.made(tier + name);
    }
  }

  /// Their first block's checksum is looked at when they are merged, not before.
  void damage_files(const std::string& tier) {
    for (const auto& file : std::filesystem::directory_iterator(files_.path(tier)))
      if (file.path().extension() == ".sst")
        std::fstream(file.path(), std::ios::in | std::ios::out).write("\xff\xff", 2);
  }
  /// One checkpoint after another, with something done before each, until one ends with `wanted`, at most for 20 s.
  void save_until(
      TaskState& state, api::StateTable& table, const std::string& wanted,
      const std::function<void()>& before = [] {}) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    do {
      before();
      entry(table, 1) = ++rounds_;
      if (save(state) == wanted) return;
    } while (std::chrono::steady_clock::now() < end);
    ADD_FAILURE() << "none ended with '" << wanted << "'";
  }

  support::ScratchDirectory files_;
  FormerState saved_;
  int images_ = 0, rounds_ = 0;
};

TEST_F(TierError, CostsACheckpointWhenItIsOver) {
  const auto state = opened("tier");
  const auto table = counts_of(*state);
  for (std::int64_t key = 0; key < 3; ++key) entry(*table, key) = 10 + key;
  EXPECT_EQ(save(*state), "");
  entry(*table, 1) = 21;
  put_directories_in_the_way("tier", 1, 2);
  EXPECT_EQ(save(*state), "state_write_failed");
  entry(*table, 2) = 32;
  EXPECT_EQ(save(*state), "");

  const auto again = opened("again", {saved_});
  const auto restored = counts_of(*again);
  for (std::int64_t key = 0; key < 3; ++key) EXPECT_EQ(entry(*restored, key), 10 * (key + 1) + key);
}

TEST_F(TierError, EndsTheAttemptWhenMergingHasFailed) {
  const auto state = opened("tier");
  const auto table = counts_of(*state);
  for (int file = 1; file < kMerges; ++file) save_until(*state, *table, "");
  put_directories_in_the_way("tier", 2, 10);  // The first number is for the file that sets it off.
  save_until(*state, *table, "");
  save_until(*state, *table, kStateStopped, [this] { put_directories_in_the_way("tier", 1, 2); });
  entry(*table, 1) = 0;
  EXPECT_EQ(save(*state), kStateStopped) << "it stays so";
}

TEST_F(TierError, EndsTheAttemptWhenTheTierIsDamaged) {
  const auto state = opened("tier");
  const auto table = counts_of(*state);
  save_until(*state, *table, "");
  damage_files("tier");
  save_until(*state, *table, kStateStopped);
  entry(*table, 1) = 0;
  EXPECT_EQ(save(*state), kStateStopped) << "it stays so";
}

}  // namespace
}  // namespace penstock::state
