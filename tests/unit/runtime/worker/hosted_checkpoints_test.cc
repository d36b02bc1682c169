#include "runtime/worker/hosted_checkpoints.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace penstock::worker {
namespace {

namespace fs = std::filesystem;

/// A node on two tasks, of which one is here.
class HostedCheckpointsTest : public testing::Test {
 protected:
  HostedCheckpointsTest() {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    where_.set_job("job");
    where_.set_store(directory_ + "/store");
    where_.set_token(*(*checkpoint::open_store(where_.store()))->begin_job("job"));
    plan_.nodes.emplace_back().name = "count";
    plan_.chains.emplace_back();
    plan_.chains[0].nodes = {0};
    plan_.chains[0].parallelism = 2;
    place_.here = {0, 1, 2};
    place_.homes = {{{0, 0}, {1, 0}}};
  }
  ~HostedCheckpointsTest() override { fs::remove_all(directory_); }

  HostedCheckpoints open(std::uint32_t attempt) {
    auto opened = HostedCheckpoints::open(where_, attempt, plan_, directory_ + "/state");
    EXPECT_TRUE(opened) << opened.error().text;
    return std::move(*opened);
  }
  std::string tier(std::uint32_t attempt, const std::string& task) const {
    return directory_ + "/state/job/" + std::to_string(attempt) + "/" + task;
  }

  std::string directory_ = fs::temp_directory_path() / "penstock-hosted-XXXXXX";
  proto::CheckpointPlace where_;
  topology::Plan plan_;
  JobPlace place_;
};

TEST_F(HostedCheckpointsTest, LeavesNoStateOfAnAttemptThatIsOverButThatOfOthers) {
  const HostedCheckpoints attempt = open(1);
  EXPECT_EQ(attempt.setup.tier_directory + "/count-0", tier(1, "count-0"));
  fs::create_directories(tier(1, "count-0/some"));
  fs::create_directories(tier(1, "count-1"));
  attempt.remove_tiers(plan_, place_);
  EXPECT_FALSE(fs::exists(tier(1, "count-0")));
  EXPECT_TRUE(fs::exists(tier(1, "count-1")));
  fs::remove(tier(1, "count-1"));
  attempt.remove_tiers(plan_, place_);
  EXPECT_TRUE(fs::is_empty(directory_ + "/state"));
}

TEST_F(HostedCheckpointsTest, RemovesWhatAWorkerThatWasKilledHasLeftOfTheJob) {
  for (const std::uint32_t attempt : {1, 2, 3}) fs::create_directories(tier(attempt, "count-0"));
  open(3);
  EXPECT_FALSE(fs::exists(tier(1, "")));
  EXPECT_FALSE(fs::exists(tier(2, "")));
  EXPECT_TRUE(fs::exists(tier(3, "count-0")));
}

}  // namespace
}  // namespace penstock::worker
