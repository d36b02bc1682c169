#include "tools/penstock/submission.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace penstock::tools {
namespace {

constexpr const char* kTopology = R"(penstock: 1
name: with-table
sources:
  flights: {file: {path: "${DATA}/flights.csv"}, format: csv, schema: {origin: string}}
tables:
  airports: {file: {path: "${DATA:-.}/airports.csv"}, format: csv, schema: {iata: string!, state: string}, key: [iata]}
operators:
  placed: {from: flights, lookup: {table: airports, match: "origin = iata"}, add: {state: airports.state}}
  again: {from: flights, lookup: {table: airports, match: "origin = iata"}, add: {state: airports.state}}
sinks:
  a: {from: placed, discard: {}}
  b: {from: again, discard: {}}
)";

class SubmissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ + "/data");
    options_.set = {"DATA=data"};
    options_.parallelism = 3;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ + "/" + name) << text; }

  base::Result<Submission> submit(std::size_t most_bytes = proto::kMaxShippedBytes) {
    LoadedFile file;
    file.text = {"flights.yaml", kTopology};
    auto loaded = load_topology(file.text, options_, &file.variables);
    file.plan = std::move(std::get<topology::Plan>(*loaded));
    return submission_of(file, options_, folder_, most_bytes);
  }

  const std::string folder_ =
      std::filesystem::temp_directory_path() / ("penstock-submission-" + std::to_string(getpid()));
  TopologyOptions options_;
};

TEST_F(SubmissionTest, CarriesTheTextItsValuesAndTheTablesThatAreHere) {
  write("data/airports.csv", "iata,state\nJFK,NY\n");
  const auto submission = submit();
  ASSERT_TRUE(submission);
  const proto::Submit& submit = submission->submit;
  EXPECT_EQ(submit.file(), "flights.yaml");
  EXPECT_EQ(submit.topology(), kTopology);
  EXPECT_EQ(submit.parallelism(), 3U);
  EXPECT_EQ(submit.directory(), folder_);
  ASSERT_EQ(submit.variables_size(), 1);
  EXPECT_EQ(submit.variables(0).name() + "=" + submit.variables(0).value(), "DATA=data");
  ASSERT_EQ(submit.files_size(), 1);
  EXPECT_EQ(submit.files(0).path(), "data/airports.csv");
  EXPECT_EQ(submit.files(0).content(), "iata,state\nJFK,NY\n");
  EXPECT_TRUE(submission->notes.empty());
}

TEST_F(SubmissionTest, TakesValuesFromTheEnvironmentButNoOthers) {
  options_.set = {};
  setenv("DATA", "elsewhere", 1);
  const auto submission = submit();
  unsetenv("DATA");
  ASSERT_TRUE(submission);
  ASSERT_EQ(submission->submit.variables_size(), 1);
  EXPECT_EQ(submission->submit.variables(0).value(), "elsewhere");
}

TEST_F(SubmissionTest, SaysWhichTableTheWorkersMustHaveThemselves) {
  const auto submission = submit();
  ASSERT_TRUE(submission);
  EXPECT_EQ(submission->submit.files_size(), 0);
  ASSERT_EQ(submission->notes.size(), 1U);
  EXPECT_EQ(submission->notes[0],
            "table 'airports': data/airports.csv is not here, so every worker that looks into it must have it");
}

TEST_F(SubmissionTest, RefusesATableThatIsTooLargeByName) {
  write("data/airports.csv", std::string(101, 'x'));
  const auto submission = submit(100);
  ASSERT_FALSE(submission);
  EXPECT_EQ(submission.error().code, "tables_too_large");
  EXPECT_EQ(submission.error().text,
            "table 'airports': data/airports.csv has 101 bytes, and all tables that go with a job may have 100 "
            "together; put it on every worker under a path that is not on this machine");
}

TEST_F(SubmissionTest, RefusesATableThatIsNoPlainFileByName) {
  std::filesystem::create_directories(folder_ + "/data/airports.csv");
  const auto submission = submit();
  ASSERT_FALSE(submission);
  EXPECT_EQ(submission.error().code, "table_unreadable");
  EXPECT_NE(submission.error().text.find("data/airports.csv cannot be read: it is not a plain file"), std::string::npos)
      << submission.error().text;
}

TEST_F(SubmissionTest, HasAKeyOfItsOwnEachTime) { EXPECT_NE(submit()->submit.key(), submit()->submit.key()); }

}  // namespace
}  // namespace penstock::tools
