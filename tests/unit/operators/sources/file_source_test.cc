#include "operators/sources/file_source.h"

#include <unistd.h>

#include "runtime/base/limits.h"
#include "tests/unit/operators/sources/source_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileSourceTest : public SourceTest {
 protected:
  FileSourceTest() { node.verb = "file"; }
  void set_path(const std::string& path, bool follow = false) {
    node.params.set("path", path);
    node.params.set("follow", follow);
  }
  std::vector<std::string> partition_names() const {
    std::vector<std::string> names;
    for (const auto& partition : context.record.partitions)
      names.push_back(std::filesystem::path(partition.first).filename());
    return names;
  }
};

TEST_F(FileSourceTest, ReadsAFileToItsEnd) {
  set_path(write_file("a.txt", "one\ntwo\nthree"));
  const auto source = open(context);
  ASSERT_EQ(context.record.partitions.size(), 1u);
  EXPECT_TRUE(context.record.partitions[0].second) << "bounded";
  EXPECT_TRUE(context.record.partitions_complete);
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(context.record.emitted[2].offset, 8);
  EXPECT_EQ(context.record.emitted[2].partition, directory + "/a.txt");
}

TEST_F(FileSourceTest, EmitsAtMostOneRunOfTheRowsAskedFor) {
  set_path(write_file("a.txt", "1\n2\n3\n4\n5\n"));
  const auto source = open(context);
  EXPECT_EQ(source->read(0, 2, context), api::Step::kProgress);
  EXPECT_LE(context.record.emitted.size(), 2u);
  EXPECT_EQ(read_on(*source, context, 0, 2), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("1", "2", "3", "4", "5"));
}

TEST_F(FileSourceTest, AnEmptyFileIsDone) {
  set_path(write_file("a.txt", ""));
  EXPECT_EQ(read_on(*open(context), context, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), IsEmpty());
}

TEST_F(FileSourceTest, ADirectoryIsItsFilesInOrderSpreadOverTheTasks) {
  for (const char* name : {"c", "a", "b", ".hidden"}) write_file(name, "x\n");
  std::filesystem::create_directory(directory + "/sub");
  set_path(directory);
  open(context, {0, 2});
  EXPECT_THAT(partition_names(), ElementsAre("a", "c"));
  context.record = {};
  open(context, {1, 2});
  EXPECT_THAT(partition_names(), ElementsAre("b"));
  context.record = {};
  open(context, {4, 5});
  EXPECT_THAT(partition_names(), IsEmpty());
  EXPECT_TRUE(context.record.partitions_complete);
}

TEST_F(FileSourceTest, AGlobIsTheFilesThatMatch) {
  for (const char* name : {"b.csv", "a.csv", "a.txt"}) write_file(name, "x\n");
  set_path(directory + "/*.csv");
  open(context);
  EXPECT_THAT(partition_names(), ElementsAre("a.csv", "b.csv"));
}

TEST_F(FileSourceTest, SaysWhatIsWrongWithThePath) {
  set_path(directory + "/none.txt");
  EXPECT_EQ(open_error().code, "file_not_found");
  EXPECT_THAT(open_error().text, HasSubstr("no such file or directory: " + directory + "/none.txt"));
  set_path(directory + "/*.none");
  EXPECT_EQ(open_error().code, "no_files");
  set_path(directory);
  EXPECT_EQ(open_error().code, "no_files");
  set_path("/dev/null");
  EXPECT_EQ(open_error().code, "not_a_file");
  set_path("none.txt");
  EXPECT_THAT(open_error().text, HasSubstr("looked from " + std::filesystem::current_path().string()));
  if (geteuid() == 0) return;  // Root may read anything.
  set_path(write_file("secret", "x"));
  std::filesystem::permissions(directory + "/secret", std::filesystem::perms::none);
  EXPECT_EQ(open_error().code, "file_unreadable");
}

/// With `on_error: skip` it cost a row, and all others were read by the header that the first of them was taken for.
TEST_F(FileSourceTest, AHeaderThatCannotBeReadFailsTheJobWhateverOnErrorSays) {
  node.format = "csv";
  const std::string path = write_file("a.csv", "\"line\nx\ny\n");
  set_path(path);
  const auto source = open(context);
  read_on(*source, context, 0);
  EXPECT_THAT(context.rows(), IsEmpty());
  EXPECT_THAT(context.fault_codes(), ElementsAre("bad_header"));
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "bad_header");
  EXPECT_THAT(context.record.failure->text, HasSubstr("nothing of " + path + " can be read"));
  EXPECT_EQ(context.record.failure->where, path + " at byte 0");
}

TEST_F(FileSourceTest, AFileThatVanishesBeforeItIsReadFailsTheJob) {
  set_path(write_file("a.txt", "x\n"));
  const auto source = open(context);
  std::filesystem::remove(directory + "/a.txt");
  source->read(0, 10, context);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "file_read_failed");
  EXPECT_EQ(context.record.failure->where, directory + "/a.txt@0");
}

TEST_F(FileSourceTest, ABadLineIsReportedWithFileAndOffset) {
  set_path(write_file("a.txt", "good\n\xFF\n"));
  const auto source = open(context);
  read_on(*source, context, 0);
  ASSERT_EQ(context.record.failed.size(), 1u);
  EXPECT_EQ(context.record.failed[0].partition, directory + "/a.txt");
  EXPECT_EQ(context.record.failed[0].offset, 5);
  EXPECT_EQ(context.record.failed[0].code, "bad_utf8");
}

TEST_F(FileSourceTest, LinesAcrossReadsStayWhole) {
  std::string text;
  std::vector<std::string> lines;
  for (int i = 0; text.size() < 3'000'000; ++i) {
    lines.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 977), 'x'));
    text += lines.back() + "\n";
  }
  lines.push_back(std::string(base::kMaxLineBytes, 'y'));
  text += lines.back() + "\n";
  set_path(write_file("a.txt", text));
  const auto source = open(context);
  EXPECT_EQ(read_on(*source, context, 0, 100), api::Step::kDone);
  EXPECT_EQ(context.rows(), lines);
}

TEST_F(FileSourceTest, MoreFilesThanMayBeOpenAreReadInTurn) {
  constexpr int kFiles = 300;
  std::string text;
  for (int line = 0; line < 50; ++line) text += std::to_string(line) + "\n";
  for (int i = 0; i < kFiles; ++i) write_file(std::to_string(i), text);
  set_path(directory);
  const auto source = open(context);
  int done = 0;
  for (std::vector<bool> ended(kFiles, false); done < kFiles;) {
    for (api::PartitionId id = 0; id < kFiles; ++id) {
      if (ended[id] || source->read(id, 20, context) != api::Step::kDone) continue;
      ended[id] = true;
      ++done;
    }
    const auto open_now = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    ASSERT_LT(open_now, 200);
  }
  EXPECT_EQ(context.record.emitted.size(), 50u * kFiles);
  std::map<std::string, int> next;
  for (const auto& row : context.record.emitted) ASSERT_EQ(row.text, std::to_string(next[row.partition]++));
}

TEST_F(FileSourceTest, FollowReadsWhatIsAppendedAndAdded) {
  const std::string path = write_file("a.log", "one\ntw");
  set_path(directory + "/*.log", true);
  const auto source = open(context);
  EXPECT_FALSE(context.record.partitions[0].second) << "unbounded";
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
  EXPECT_THAT(context.rows(), ElementsAre("one"));
  EXPECT_FALSE(context.record.watched.empty()) << "inotify";
  write_file("a.log", "o\nthree\n", true);
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
  EXPECT_THAT(context.rows(), ElementsAre("one", "two", "three"));
  write_file("b.log", "four\n");
  source->poll(context);
  ASSERT_EQ(context.record.partitions.size(), 2u);
  EXPECT_EQ(read_on(*source, context, 1), api::Step::kIdle);
  EXPECT_THAT(context.rows(), Contains("four"));
  EXPECT_FALSE(context.record.partitions_complete);
  std::filesystem::resize_file(path, 2);
  read_on(*source, context, 0);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_THAT(context.record.failure->text, HasSubstr("became shorter"));
}

TEST_F(FileSourceTest, FollowSpreadsFilesTheSameWayWheneverTheyAreSeen) {
  set_path(directory, true);
  std::vector<std::unique_ptr<support::FakeContext>> contexts;
  std::vector<std::unique_ptr<api::Source>> tasks;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) write_file("early" + std::to_string(i), "x\n");
    contexts.push_back(std::make_unique<support::FakeContext>());
    tasks.push_back(open(*contexts.back(), {i, 3}));
  }
  for (int i = 0; i < 20; ++i) write_file("late" + std::to_string(i), "x\n");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 3; ++i) {
    tasks[i]->poll(*contexts[i]);
    for (const auto& partition : contexts[i]->record.partitions) names.push_back(partition.first);
  }
  EXPECT_EQ(names.size(), 22u);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 22u);
}

}  // namespace
}  // namespace penstock::operators
