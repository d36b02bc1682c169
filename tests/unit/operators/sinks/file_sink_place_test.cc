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
  /// The same, and that is published.
  void show_a_checkpoint(const std::string& path) {
    use(path);
    const auto sink = start(operations_);
    sink->write(rows(1, 2), context);
    EXPECT_TRUE(take_checkpoint(*sink, 3, false));
  }
  void edit_path(const std::string& path) { node.params.set("path", directory + "/" + path); }
  void expect_moved(const std::string& from) {
    base::Error error;
    EXPECT_EQ(start(operations_, &error), nullptr) << from;
    EXPECT_EQ(error.code, "sink_moved") << error.text;
    EXPECT_THAT(error.text, HasSubstr("the checkpoint holds"));
    EXPECT_THAT(error.text, HasSubstr(from));
  }

  /// All files in all directories, dot-files too, by path; of one that is not empty.
  Published everything() const {
    Published files;
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory))
      if (file.is_regular_file()) files[file.path().string().substr(directory.size() + 1)] = content_of(file.path());
    return files;
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

/// Output and state, to another disk or host.
TEST_F(FileSinkPlace, ADirectoryThatWasMovedWithAllThatIsInItIsTheSamePlace) {
  for (const char* path : {"out/", "folder/out.jsonl"}) {
    const bool is_single = !std::string(path).ends_with('/');
    use(path);
    if (is_single) std::filesystem::create_directory(directory + "/folder");
    const auto first = start(operations_);
    ASSERT_NE(first, nullptr) << path;
    first->write(rows(1, 2), context);
    ASSERT_TRUE(stage(*first, 1));
    epochs_ = 1;
    checkpoint_ = {1, 3, false, {saved}};
    std::filesystem::rename(directory + (is_single ? "/folder" : "/out"), directory + "/elsewhere");
    edit_path(is_single ? "elsewhere/out.jsonl" : "elsewhere/");
    base::Error error;
    const auto sink = start(operations_, &error);
    ASSERT_NE(sink, nullptr) << error.text;
    sink->write(rows(3, 2), context);
    finish(*sink, 2);
    sink->end();
    std::string all;
    for (const auto& [name, text] : everything()) all += text;
    EXPECT_EQ(all, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
  }
}

TEST_F(FileSinkPlace, WithoutADirectoryToStandInAPathIsTakenAsItIs) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::create_directory(directory + "/gone");
  std::filesystem::current_path(directory + "/gone");
  std::filesystem::remove(directory + "/gone");
  node.params.set("path", std::string("out.jsonl"));
  EXPECT_TRUE(make_file_sink(spec(), operations_));
  std::filesystem::current_path(before);
}

TEST_F(FileSinkPlace, ADirectoryForWhichRowsAreStagedIsKeptUntilTheyAreShown) {
  for (const char* other : {"other/", "other.jsonl"}) {
    die_behind_a_checkpoint("out/");
    edit_path(other);
    expect_moved("rows for " + directory + "/out/ that are not known to be published");
    EXPECT_FALSE(std::filesystem::exists(directory + "/" + other + ".part.out.job-1.0.2.marker"));
  }
}

/// A part of the same number, there or where somebody else writes, was taken for the one that is staged.
TEST_F(FileSinkPlace, NoFileProvesThatRowsWereShownInAnotherPlace) {
  die_behind_a_checkpoint("out/");
  std::ofstream(directory + "/out/part-0-00000.jsonl") << "1\n";
  edit_path("other/");
  expect_moved("rows for " + directory + "/out/ that are not known to be published");
}

/// Refused once, with an advice that a job which had been stopped in good order could not follow.
TEST_F(FileSinkPlace, ADirectoryInWhichAllIsShownMayBeAnotherOneFromThenOn) {
  for (const std::string other : {"other/part-0-00001.jsonl", "other.jsonl"}) {
    show_a_checkpoint("out/");
    std::filesystem::remove(directory + "/out/part-0-00000.jsonl");  // By a reader.
    edit_path(other.starts_with("other/") ? "other/" : other);
    base::Error error;
    const auto sink = start(operations_, &error);
    ASSERT_NE(sink, nullptr) << error.text;
    sink->write(rows(3, 2), context);
    finish(*sink, 2);
    sink->end();
    EXPECT_EQ(everything()[other], "{\"n\":3}\n{\"n\":4}\n");
    EXPECT_EQ(everything().size(), 2u) << "and the marker in the former place";
  }
}

TEST_F(FileSinkPlace, NobodyGoesBackBehindWhatIsShownByNamingAnotherDirectory) {
  show_a_checkpoint("out/");
  const Checkpoint before = checkpoint_;
  const auto sink = start(operations_);
  sink->write(rows(3, 2), context);
  ASSERT_TRUE(take_checkpoint(*sink, 5, true));
  checkpoint_ = before;
  edit_path("other/");
  base::Error error;
  EXPECT_EQ(start(operations_, &error), nullptr);
  EXPECT_EQ(error.code, "published_further") << error.text;
}

TEST_F(FileSinkPlace, AnotherNameOfTheSameDirectoryIsNoOtherPlace) {
  die_behind_a_checkpoint("out/");
  std::filesystem::create_directory_symlink(directory + "/out", directory + "/link");
  for (const char* name : {"./out/", "link/", "out/../out/", "link/../out/"}) {
    edit_path(name);
    base::Error error;
    const auto sink = start(operations_, &error);
    ASSERT_NE(sink, nullptr) << name << ": " << error.text;
    sink->write(rows(3, 2), context);
    EXPECT_TRUE(stage(*sink, ++epochs_ + 1));
    EXPECT_TRUE(publish(*sink, epochs_ + 1)) << name;
    checkpoint_ = {epochs_ + 1, 5, false, {saved}};
  }
}

TEST_F(FileSinkPlace, ADirectoryThatBecomesOneFileDoesNotReplaceOneThatIsThere) {
  show_a_checkpoint("out/");
  std::ofstream(directory + "/before.jsonl") << "1\n";
  edit_path("before.jsonl");
  base::Error error;
  EXPECT_EQ(start(operations_, &error), nullptr);
  EXPECT_EQ(error.code, "sink_exists") << error.text;
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

/// What a complete checkpoint needs stays, whatever becomes of a later attempt.
class StagedRows : public FileSinkCrashTest {
 protected:
  FaultyOperations operations_;
};

TEST_F(StagedRows, StayWhenTheNextAttemptCannotBeOpenedAndIsGivenUpForGood) {
  use("");
  const auto sink = start(operations_);
  for (std::int64_t row = 1; row <= 2; ++row) {
    sink->write(rows(row, 1), context);
    ASSERT_TRUE(stage(*sink, static_cast<std::uint64_t>(row)));
  }
  checkpoint_ = {2, 3, false, {saved}};
  const std::string damaged = directory + "/.part.out.job-1.0.1-0.segment";
  std::ofstream(damaged, std::ios::app) << "more";
  context.world.run.attempt = ++attempt_;
  restored_ = {checkpoint_.tasks, 0, 1};
  context.world.restored = &restored_;
  auto next = make_file_sink(spec(), operations_);
  const auto opened = (*next)->open(context);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "segment_damaged");
  (*next)->abort();
  next->reset();
  std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) - 4);  // Brought back, as the error says.
  base::Error error;
  ASSERT_NE(start(operations_, &error), nullptr) << error.text;
  EXPECT_EQ(published().size(), 2u);
}

TEST_F(StagedRows, OfOneFileStayWhenItIsCancelledAsItBecomesWhole) {
  const Published expected = undisturbed("out.jsonl");
  use("out.jsonl");
  const auto sink = start(operations_);
  sink->write(rows(1, 5), context);
  ASSERT_TRUE(take_checkpoint(*sink, 6, false));
  sink->write(rows(6, kRows - 5), context);
  sink->finish(context);
  ASSERT_TRUE(stage(*sink, 2));  // And that checkpoint is never complete.
  sink->abort();
  base::Error error;
  EXPECT_TRUE(attempt(operations_, &error)) << error.text;
  EXPECT_EQ(published(), expected);
}

TEST_F(StagedRows, OfOneFileThatAreGoneAreMissedAtOnce) {
  use("out.jsonl");
  const auto sink = start(operations_);
  sink->write(rows(1, 5), context);
  ASSERT_TRUE(take_checkpoint(*sink, 6, false));
  for (const std::string& name : dot_files())
    if (name.ends_with(".segment")) std::filesystem::remove(directory + "/" + name);
  base::Error error;
  EXPECT_EQ(start(operations_, &error), nullptr);
  EXPECT_EQ(error.code, "segment_lost") << error.text;
}

/// Only the job goes on: this sink's state was given up, or it is new in a topology that was edited.
class NewFileSink : public FileSinkCrashTest {
 protected:
  NewFileSink() {
    use("out.csv");
    node.format = "csv";
  }
  void write_before(const std::string& text) { std::ofstream(directory + "/out.csv") << text; }
  /// Rows 7 and 8.
  Published write_two(bool goes_on) {
    context.world.goes_on = goes_on;
    const auto sink = start(operations_);
    if (sink == nullptr) return {};
    sink->write(rows(7, 2), context);
    finish(*sink, 1);
    sink->end();
    EXPECT_TRUE(dot_files().empty());
    return published();
  }

  FaultyOperations operations_;
};

/// Replays a file that was emptied while its sources went on: what had been in it did not come again.
TEST_F(NewFileSink, GoesOnBehindTheRowsThatAreThereWhenTheJobGoesOn) {
  for (const auto delivery : {topology::Delivery::kAtLeastOnce, topology::Delivery::kAtMostOnce}) {
    node.delivery = delivery;
    use("out.csv");
    write_before("n\n1\n2\n");
    EXPECT_EQ(write_two(true), (Published{{"out.csv", "n\n1\n2\n7\n8\n"}}));
    use("out.csv");
    write_before("n\n1\n2");
    EXPECT_EQ(write_two(true), (Published{{"out.csv", "n\n1\n2\n7\n8\n"}})) << "a line that was torn";
    use("out.csv");
    EXPECT_EQ(write_two(true), (Published{{"out.csv", "n\n7\n8\n"}})) << "nothing was there";
    use("out.csv");
    write_before("n\n1\n2\n");
    EXPECT_EQ(write_two(false), (Published{{"out.csv", "n\n7\n8\n"}})) << "all rows come again";
  }
}

TEST_F(NewFileSink, ExactlyOnceRefusesToReplaceRowsThatDoNotComeAgain) {
  write_before("n\n1\n2\n");
  context.world.goes_on = true;
  base::Error error;
  EXPECT_EQ(start(operations_, &error), nullptr);
  EXPECT_EQ(error.code, "sink_exists") << error.text;
  EXPECT_THAT(error.text, HasSubstr("move the file away, or name another path"));
  EXPECT_EQ(published(), (Published{{"out.csv", "n\n1\n2\n"}}));
  EXPECT_TRUE(dot_files().empty());
  std::filesystem::rename(directory + "/out.csv", directory + "/before.csv");
  EXPECT_EQ(write_two(true), (Published{{"before.csv", "n\n1\n2\n"}, {"out.csv", "n\n7\n8\n"}}));
  use("out.csv");
  write_before("n\n1\n2\n");
  EXPECT_EQ(write_two(false), (Published{{"out.csv", "n\n7\n8\n"}})) << "all rows come again";
}

TEST_F(NewFileSink, ExactlyOnceDoesNotTakeItsOwnFileForOneOfBefore) {
  context.world.goes_on = true;
  const auto first = start(operations_);
  first->write(rows(7, 2), context);
  first->finish(context);
  ASSERT_TRUE(take_checkpoint(*first, 9, true));  // And it is killed before it has heard that all is over.
  base::Error error;
  const auto next = start(operations_, &error);
  ASSERT_NE(next, nullptr) << error.text;
  next->end();
  EXPECT_EQ(published(), (Published{{"out.csv", "n\n7\n8\n"}}));
}

}  // namespace
}  // namespace penstock::operators
