#include "tools/penstock/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/penstock/exit_status.h"
#include "tools/penstock/failure.h"
#include "tools/penstock/summary.h"

namespace penstock::tools {
namespace {

RunOutcome outcome(worker::JobState state, std::optional<base::Error> error = std::nullopt) {
  RunOutcome result;
  result.name = "job";
  result.error = std::move(error);
  result.job.state = state;
  result.job.seconds = 1.5;
  worker::NodeSnapshot node;
  node.name = "orders";
  node.verb = "file";
  node.kind = topology::NodeKind::kSource;
  node.rows_in = 1234567;
  node.passed = node.rows_out = 1234564;
  node.errors = 3;
  node.errors_by_code = {{"bad_json", 2}, {"wrong_type", 1}};
  result.job.nodes = {node};
  return result;
}

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("penstock-report-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return path_ / name; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Report, HoldsTheAccountOfEveryNode) {
  const auto report = nlohmann::json::parse(report_json(outcome(worker::JobState::kFinished)));
  EXPECT_EQ(report["status"], "finished");
  EXPECT_EQ(report["nodes"]["orders"]["kind"], "source");
  EXPECT_EQ(report["nodes"]["orders"]["rows_in"], 1234567);
  EXPECT_EQ(report["nodes"]["orders"]["errors_by_code"]["bad_json"], 2);
  EXPECT_FALSE(report.contains("error"));
}

TEST(Report, SaysWhatFailedWhateverBytesTheRowHad) {
  const auto failed =
      outcome(worker::JobState::kFailed, base::Error{"bad_utf8", "not UTF-8: \xff", base::Origin::kUser, false, "a:1"});
  const auto report = nlohmann::json::parse(report_json(failed));
  EXPECT_EQ(report["status"], "failed");
  EXPECT_EQ(report["error"]["code"], "bad_utf8");
  EXPECT_EQ(report["error"]["where"], "a:1");
  EXPECT_EQ(failed.exit_status(), kFailed);
}

TEST(Report, AReaderThatLeftIsNoFailure) {
  const auto left =
      outcome(worker::JobState::kFailed, base::Error{.code = "consumer_closed", .text = "gone", .where = {}});
  EXPECT_EQ(left.status(), "stopped");
  EXPECT_EQ(left.exit_status(), kDone);
}

TEST(WriteWholeFile, ReplacesAFileWholly) {
  const Folder folder;
  const std::string path = folder.file("report.json");
  ASSERT_TRUE(write_whole_file(path, "a long first text\n"));
  ASSERT_TRUE(write_whole_file(path, "second\n"));
  EXPECT_EQ(contents(path), "second\n");
  EXPECT_EQ(folder.files(), 1U);
}

TEST(WriteWholeFile, AFailureIsToldAndLeavesNothing) {
  const Folder folder;
  const auto written = write_whole_file(folder.file("none/report.json"), "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "report_not_written");
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Summary, ShowsOnlyColumnsInWhichSomethingHappened) {
  EXPECT_EQ(summary(outcome(worker::JobState::kFinished)),
            "job: finished after 1.50 s (0.00 s of CPU)\n"
            "  node            rows in   rows out  errors\n"
            "  orders  file  1,234,567  1,234,564       3\n"
            "  errors of orders: bad_json 2, wrong_type 1\n");
}

TEST(Failure, SaysWhatWhereAndWhatToDo) {
  const base::Error error{"bad_json", "not JSON", base::Origin::kUser, false, "a.jsonl:12"};
  const std::string message = failure_message("job", error);
  EXPECT_NE(message.find("penstock: job 'job' failed: not JSON [bad_json]\n"), std::string::npos);
  EXPECT_NE(message.find("where: a.jsonl:12\n"), std::string::npos);
  EXPECT_NE(message.find("on_error: skip"), std::string::npos);
}

}  // namespace
}  // namespace penstock::tools
