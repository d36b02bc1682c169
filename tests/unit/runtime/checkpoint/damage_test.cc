/// Files of a checkpoint that were flipped, cut, swapped or taken away: refused when they are read, never another
/// checkpoint.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "runtime/checkpoint/checkpoint_store.h"
#include "tests/support/scratch_directory.h"

namespace penstock::checkpoint {
namespace {

namespace fs = std::filesystem;
using google::protobuf::util::MessageDifferencer;

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

proto::TaskSnapshot snapshot_of(std::uint64_t epoch) {
  proto::TaskSnapshot snapshot;
  snapshot.set_epoch(epoch);
  snapshot.set_attempt(1);
  snapshot.set_chain("source");
  snapshot.set_parallelism(2);
  proto::NodeState& node = *snapshot.add_nodes();
  node.set_node("source");
  proto::PartitionState& partition = *node.add_partitions();
  partition.set_name("0");
  partition.set_position(std::string(40, static_cast<char>('a' + epoch)));
  return snapshot;
}

/// A job with checkpoints 1 and 2, each of one task.
class DamagedCheckpoint : public testing::Test {
 protected:
  DamagedCheckpoint() {
    store_ = std::move(*open_store(root_));
    EXPECT_TRUE(store_->begin_job("job"));
    for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
      proto::Manifest& manifest = written_.emplace_back();
      manifest.set_job("job");
      manifest.set_name("counts");
      manifest.set_epoch(epoch);
      manifest.set_attempt(1);
      const std::string relative = epoch_directory(epoch, 1) + "/" + task_directory("source", 0);
      EXPECT_TRUE(store_->begin_snapshot("job", relative));
      *manifest.add_snapshots() = *store_->put_snapshot("job", relative, snapshot_of(epoch));
      EXPECT_TRUE(store_->put_manifest(manifest));
    }
  }

  std::string manifest_of(std::uint64_t epoch) const {
    return root_ + "/job/" + epoch_directory(epoch, 1) + "/manifest";
  }
  std::string snapshot_file() const { return root_ + "/job/2-1/source-0/snapshot"; }

  /// What a restart does: the newest manifest of all, and its snapshot. "": as it was; else the code of the error, be
  /// it only that of an older one, which does not keep the newest from being found.
  std::string outcome() const {
    const auto all = store_->list("job");
    if (!all) return all.error().code;
    if (all->empty() || !MessageDifferencer::Equals(all->back(), written_.back())) return "another checkpoint";
    const auto direct = store_->get_manifest("job", 2, 1);
    if (!direct) return direct.error().code;
    const auto snapshot = store_->get_snapshot("job", direct->snapshots(0));
    if (!snapshot) return snapshot.error().code;
    if (!MessageDifferencer::Equals(*snapshot, snapshot_of(2))) return "another state";
    const auto unreadable = store_->unreadable("job");
    if (!unreadable) return unreadable.error().code;
    return unreadable->empty() ? "" : unreadable->front().why.code;
  }

  const support::ScratchDirectory scratch_;
  const std::string root_ = scratch_.path();
  std::unique_ptr<CheckpointStore> store_;
  std::vector<proto::Manifest> written_;
};

TEST_F(DamagedCheckpoint, IsAsItWasWhenNothingHappenedToIt) { EXPECT_EQ(outcome(), ""); }

TEST_F(DamagedCheckpoint, IsRefusedWhicheverBitIsFlipped) {
  int mutations = 0;
  for (const std::string& path : {manifest_of(1), manifest_of(2), snapshot_file()}) {
    const std::string whole = content_of(path);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit, ++mutations) {
      std::string changed = whole;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      write(path, changed);
      const std::string found = outcome();
      ASSERT_TRUE(found == "checkpoint_damaged" || found == "checkpoint_version")
          << found << ": " << path << " bit " << bit;
    }
    write(path, whole);
  }
  EXPECT_GT(mutations, 1'000);
  EXPECT_EQ(outcome(), "");
}

TEST_F(DamagedCheckpoint, IsRefusedWhereverAFileIsCutOrGrown) {
  std::mt19937_64 random(1);
  for (const std::string& path : {manifest_of(1), manifest_of(2), snapshot_file()}) {
    const std::string whole = content_of(path);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      write(path, whole.substr(0, length));
      ASSERT_EQ(outcome(), "checkpoint_damaged") << path << " cut to " << length;
    }
    write(path, whole + static_cast<char>(random()));
    EXPECT_EQ(outcome(), "checkpoint_damaged") << path;
    write(path, whole);
  }
}

TEST_F(DamagedCheckpoint, OfAnOlderOneIsToldAndItIsRemovedInItsTurn) {
  write(manifest_of(1), "");
  ASSERT_TRUE(store_->list("job"));
  EXPECT_EQ(store_->list("job")->size(), 1U);
  const auto unreadable = store_->unreadable("job");
  ASSERT_TRUE(unreadable);
  ASSERT_EQ(unreadable->size(), 1U);
  EXPECT_EQ(unreadable->front().name, (EpochName{1, 1}));
  EXPECT_TRUE(store_->remove_older("job", 1));
  EXPECT_TRUE(fs::exists(manifest_of(1)));
  EXPECT_TRUE(store_->remove_older("job", 2));
  EXPECT_FALSE(fs::exists(manifest_of(1)));
  EXPECT_TRUE(store_->unreadable("job")->empty());
  EXPECT_TRUE(store_->get_manifest("job", 2, 1));
}

TEST_F(DamagedCheckpoint, IsRefusedWhenItsManifestIsThatOfAnother) {
  write(manifest_of(2), content_of(manifest_of(1)));
  EXPECT_EQ(outcome(), "checkpoint_damaged");
  EXPECT_EQ(store_->get_manifest("job", 2, 1).error().code, "checkpoint_damaged");
}

TEST_F(DamagedCheckpoint, IsRefusedWhenItsSnapshotIsThatOfAnotherOrGone) {
  const std::string whole = content_of(snapshot_file());
  write(snapshot_file(), content_of(root_ + "/job/1-1/source-0/snapshot"));
  EXPECT_EQ(outcome(), "checkpoint_damaged");
  fs::remove(snapshot_file());
  EXPECT_EQ(outcome(), "checkpoint_missing");
}

TEST_F(DamagedCheckpoint, IsNeverTakenForNoneWhenItsDirectoryCannotBeRead) {
  fs::rename(root_ + "/job", root_ + "/elsewhere");
  write(root_ + "/job", "a file where the directory was");
  EXPECT_EQ(outcome(), "checkpoint_unreadable");
  EXPECT_EQ(store_->highest_epoch("job").error().code, "checkpoint_unreadable");
}

}  // namespace
}  // namespace penstock::checkpoint
