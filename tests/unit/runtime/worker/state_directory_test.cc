#include "runtime/worker/state_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/support/scratch_directory.h"

namespace penstock::worker {
namespace {

namespace fs = std::filesystem;

class StateDirectoryTest : public testing::Test {
 protected:
  StateDirectoryTest() { std::ofstream(scratch_.made("worker-tier/counts-1/12/c-0") + "/000004.sst") << "rows"; }
  StateDirectory open() {
    auto opened = StateDirectory::open(scratch_.path());
    EXPECT_TRUE(opened) << opened.error().text;
    return std::move(*opened);
  }
  bool is_there(const std::string& name) const { return fs::exists(scratch_.path(name)); }
  const support::ScratchDirectory scratch_;
};

TEST_F(StateDirectoryTest, TheFirstWorkerRemovesWhatKilledOnesHaveLeft) {
  const StateDirectory first = open();
  EXPECT_FALSE(is_there("worker-tier/counts-1"));
}

/// A spare on the same host, or one that was started with the same directory by mistake.
TEST_F(StateDirectoryTest, AnotherWorkerLeavesWhatTheFirstIsWorkingOn) {
  std::optional<StateDirectory> first = open();
  scratch_.made("worker-tier/counts-2/1/c-0");
  std::optional<StateDirectory> second = open();
  EXPECT_TRUE(is_there("worker-tier/counts-2/1/c-0"));
  first.reset();
  const StateDirectory third = open();
  EXPECT_TRUE(is_there("worker-tier/counts-2/1/c-0")) << "the second may be working on it";
  second.reset();
}

TEST_F(StateDirectoryTest, NothingElseIsTouched) {
  scratch_.made("checkpoints/counts-1/3-1/c-0");
  scratch_.made("photos/2024");
  EXPECT_EQ(open().path(), scratch_.path("worker-tier"));
  EXPECT_TRUE(is_there("checkpoints/counts-1/3-1/c-0") && is_there("photos/2024"));
}

TEST_F(StateDirectoryTest, APlaceThatCannotBeUsedIsAnError) {
  const auto opened = StateDirectory::open("/proc/none/of/this");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "state_unusable");
}

}  // namespace
}  // namespace penstock::worker
