/// A file sink that goes on in another place than its rows are staged for, or that is new where others have written.
#include "tests/unit/operators/sinks/file_sink_crash_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::HasSubstr;

class FileSinkPlace : public FileSinkCrashTest {
 protected:
  /// A job into `path` that is killed when its first checkpoint is complete, and not published.
  void die_behind_a_checkpoint(const std::string& path) {
    use(path);
    const auto sink = start(operations_);
    sink->write(rows(1, 2), context);
    EXPECT_TRUE(stage(*sink, 1));
    epochs_ = 1;
    checkpoint_ = {1, 3, false, {saved}};
    started_ = names();
  }
  void edit_path(const std::string& path) { node.params.set("path", directory + "/" + path); }
  void expect_moved(const std::string& from) {
    base::Error error;
    EXPECT_EQ(start(operations_, &error), nullptr) << from;
    EXPECT_EQ(error.code, "sink_moved") << error.text;
    EXPECT_THAT(error.text, HasSubstr("the checkpoint holds"));
    EXPECT_THAT(error.text, HasSubstr(from));
  }

  FaultyOperations operations_;
  std::vector<std::string> started_;
};

/// Replays a path that was edited from out.csv to out/: all rows before the checkpoint were lost without a word.
TEST_F(FileSinkPlace, OneFileThatBecomesADirectoryIsRefusedAndGoesOnInItsOwnPlace) {
  const Published expected = undisturbed("out.jsonl");
  die_behind_a_checkpoint("out.jsonl");
  for (const char* other : {"out/", "out.jsonl/"}) {
    edit_path(other);
    expect_moved(directory + "/out.jsonl, which appears when the input has ended");
    EXPECT_TRUE(names(other).empty()) << "it has not begun to work there";
    std::filesystem::remove(directory + "/" + other);
  }
  EXPECT_EQ(names(), started_);
  edit_path("out.jsonl");
  std::filesystem::create_directory(directory + "/out.jsonl");  // By somebody else, without an edit.
  expect_moved(directory + "/out.jsonl, which appears when the input has ended");
  std::filesystem::remove(directory + "/out.jsonl");
  base::Error error;
  EXPECT_TRUE(attempt(operations_, &error)) << error.text;
  EXPECT_EQ(published(), expected);
}

TEST_F(FileSinkPlace, OneFileUnderAnotherNameIsRefusedAtOnceAndNotAtTheEnd) {
  die_behind_a_checkpoint("out.jsonl");
  edit_path("other.jsonl");
  expect_moved(directory + "/out.jsonl");
}

TEST_F(FileSinkPlace, ADirectoryThatBecomesOneFileIsRefused) {
  die_behind_a_checkpoint("out/");
  edit_path("out.jsonl");
  expect_moved(directory + "/out/ that are not published yet");
}

TEST_F(FileSinkPlace, PiecesOfAVersionThatDidNotSayWhereGoOnInOneFileOnly) {
  const Published expected = undisturbed("out.jsonl");
  die_behind_a_checkpoint("out.jsonl");
  ASSERT_EQ(checkpoint_.tasks[0].erase("path"), 1u);
  edit_path("out/");
  expect_moved("one file");
  edit_path("out.jsonl");
  base::Error error;
  EXPECT_TRUE(attempt(operations_, &error)) << error.text;
  std::filesystem::remove(directory + "/out");
  EXPECT_EQ(published(), expected);
}

}  // namespace
}  // namespace penstock::operators
