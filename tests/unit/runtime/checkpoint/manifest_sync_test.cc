/// Syncs that fail while a manifest is written.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <limits>

#include "runtime/checkpoint/checkpoint_store.h"
#include "tests/support/scratch_directory.h"

namespace {
int syncs_until_one_fails = -1;  // -1: none does.
}

/// In the place of the C library's, in this program.
extern "C" int fsync(int descriptor) {
  if (syncs_until_one_fails >= 0 && syncs_until_one_fails-- == 0) return errno = EIO, -1;
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

namespace penstock::checkpoint {
namespace {

/// When the sync behind the rename failed, the manifest stayed until the coordinator was started again.
TEST(CheckpointStore, AManifestWhoseWriteFailedNeitherCountsNorStays) {
  const support::ScratchDirectory scratch;
  const auto store = open_store(scratch.path());
  ASSERT_TRUE(store && (*store)->begin_job("job"));
  proto::Manifest manifest;
  manifest.set_job("job");
  manifest.set_epoch(7);
  manifest.set_attempt(1);
  const std::string directory = scratch.path() + "/job/" + epoch_directory(7, 1);
  int failures = 0;
  for (bool written = false; !written; ++failures) {
    syncs_until_one_fails = failures;
    written = (*store)->put_manifest(manifest).has_value();
    syncs_until_one_fails = -1;
    EXPECT_EQ((*store)->list("job")->size(), written ? 1U : 0U) << "sync " << failures;
    ASSERT_TRUE((*store)->remove_unfinished("job", std::numeric_limits<std::uint64_t>::max()));
    EXPECT_EQ(std::filesystem::exists(directory), written) << "sync " << failures;
  }
  EXPECT_GE(failures, 4);
  for (int failing = 0; failing < failures - 1; ++failing) {
    syncs_until_one_fails = failing;
    EXPECT_FALSE((*store)->put_manifest(manifest));
    syncs_until_one_fails = -1;
    EXPECT_EQ((*store)->list("job")->size(), 1U) << "it was complete before";
  }
}

}  // namespace
}  // namespace penstock::checkpoint
