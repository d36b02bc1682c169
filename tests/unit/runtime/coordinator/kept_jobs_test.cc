#include "runtime/coordinator/kept_jobs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace penstock::coordinator {
namespace {

namespace fs = std::filesystem;

class KeptJobsTest : public testing::Test {
 protected:
  KeptJobsTest() { EXPECT_NE(mkdtemp(directory_.data()), nullptr); }
  ~KeptJobsTest() override { fs::remove_all(directory_); }

  static PastJob job(std::uint64_t id, const std::string& name = "rides") {
    PastJob past;
    past.summary.set_job(id);
    past.summary.set_name(name);
    past.summary.set_state(proto::JOB_FAILED);
    past.summary.mutable_cause()->set_text("line one\nline \"two\"");
    past.log.emplace_back().set_text("a\tb\n");
    return past;
  }
  std::string file() const { return directory_ + "/jobs.jsonl"; }
  std::string content() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void append(const std::string& text) const { std::ofstream(file(), std::ios::app) << text; }
  State loaded() const {
    State state;
    const auto done = KeptJobs(directory_).load(state);
    EXPECT_TRUE(done) << done.error().text;
    return state;
  }

  std::string directory_ = "/tmp/penstock-kept-XXXXXX";
};

TEST_F(KeptJobsTest, KnowsAfterARestartWhatWasKept) {
  const KeptJobs kept(directory_);
  ASSERT_TRUE(kept.add(job(3)));
  ASSERT_TRUE(kept.add(job(7, "other")));
  const State state = loaded();
  ASSERT_EQ(state.past.size(), 2U);
  EXPECT_EQ(state.past.at(3).summary.cause().text(), "line one\nline \"two\"");
  EXPECT_EQ(state.past.at(3).summary.state(), proto::JOB_FAILED);
  EXPECT_EQ(state.past.at(7).log.at(0).text(), "a\tb\n");
  EXPECT_EQ(state.next_job, 8U);
}

TEST_F(KeptJobsTest, MakesItsDirectory) {
  State state;
  EXPECT_TRUE(KeptJobs(directory_ + "/a/b").load(state));
  EXPECT_TRUE(KeptJobs(directory_ + "/a/b").add(job(1)));
  EXPECT_FALSE(KeptJobs("/proc/none/of/this").load(state));
}

TEST_F(KeptJobsTest, KeepsNothingWithoutADirectory) {
  State state;
  EXPECT_TRUE(KeptJobs("").load(state));
  EXPECT_TRUE(KeptJobs("").add(job(1)));
}

TEST_F(KeptJobsTest, LeavesOutALineThatACrashCutOff) {
  ASSERT_TRUE(KeptJobs(directory_).add(job(3)));
  append(R"({"summary":{"job":"4","na)");
  EXPECT_EQ(loaded().past.size(), 1U);
  ASSERT_TRUE(KeptJobs(directory_).add(job(5)));  // Would have been glued to it.
  EXPECT_EQ(loaded().past.size(), 2U);
}

TEST_F(KeptJobsTest, SaysWhichLineItCannotRead) {
  ASSERT_TRUE(KeptJobs(directory_).add(job(3)));
  append("nonsense\n");
  State state;
  const auto done = KeptJobs(directory_).load(state);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "state_unreadable");
  EXPECT_NE(done.error().text.find("jobs.jsonl:2 is no job that was kept"), std::string::npos) << done.error().text;
}

TEST_F(KeptJobsTest, DoesNotGrowForEver) {
  const KeptJobs kept(directory_);
  for (std::uint64_t id = 1; id <= 2 * kMostPastJobs + 10; ++id) ASSERT_TRUE(kept.add(job(id)));
  const std::size_t before = content().size();
  const State state = loaded();
  EXPECT_EQ(state.past.size(), kMostPastJobs);
  EXPECT_EQ(state.next_job, 2 * kMostPastJobs + 11);
  EXPECT_LT(content().size(), before * 6 / 10);
  EXPECT_EQ(loaded().past.size(), kMostPastJobs);
}

}  // namespace
}  // namespace penstock::coordinator
