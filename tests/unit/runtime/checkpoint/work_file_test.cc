#include "runtime/checkpoint/work_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/unit/runtime/checkpoint/worked_on.h"

namespace penstock::checkpoint {
namespace {

using base::WorkMark;

class WorkFileTest : public testing::Test {
 protected:
  WorkFileTest() : path_(testing::TempDir() + "work-" + std::to_string(getpid())) {}
  ~WorkFileTest() override { std::filesystem::remove(path_); }
  /// A process that does this with its marks and is killed.
  template <class Do>
  void killed_after(Do&& work) {
    const pid_t child = fork();
    if (child == 0) {
      auto file = WorkFile::make(path_, 2);
      if (file) work(**file);
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  const std::string path_;
};

TEST_F(WorkFileTest, TellsWhatAKilledProcessWasAt) {
  killed_after([](WorkFile& file) {
    WorkMark& mark = file.mark(1);
    mark.chain = 3;
    mark.instance = 1;
    mark.set_partition("part-0.json");
    new base::Turn(mark);
    new base::AtWork(mark, 2);
    mark.set(WorkMark::kRows, 4711, 4713, 3);
    mark.set_row("{\"id\":7}");
  });
  EXPECT_EQ(read_work_file(path_), (std::vector{rows(4711, 4713, "{\"id\":7}")}));
  EXPECT_EQ(in_words(rows(4711, 4713), "parse", "clicks"), "'parse' with clicks, part-0.json from 4711 to 4713");
  EXPECT_EQ(in_words(rows(4711, 4711, "{\"id\":7}"), "parse", "clicks"),
            "'parse' with clicks, part-0.json at 4711; the row is {\"id\":7}");
}

TEST_F(WorkFileTest, TellsNothingOfTasksThatHadNotTheirTurn) {
  killed_after([](WorkFile& file) {
    WorkMark& mark = file.mark(0);
    const base::Turn turn(mark);
    const base::AtWork at(mark, 2);
    mark.set(WorkMark::kRows, 1, 1, 1);
  });
  EXPECT_TRUE(read_work_file(path_).empty());
}

TEST_F(WorkFileTest, GoesWithAProcessThatEndsInOrder) {
  { ASSERT_TRUE(WorkFile::make(path_, 2)); }
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(read_work_file(path_).empty());
}

TEST_F(WorkFileTest, IsNotBelievedWhateverItSays) {
  std::string bytes(3 * sizeof(WorkMark) - 100, '\xff');
  for (const std::size_t at : {offsetof(WorkMark, active), sizeof(WorkMark) + offsetof(WorkMark, active)})
    bytes.replace(at, 4, std::string("\1\0\0\0", 4));
  bytes.replace(offsetof(WorkMark, what), 4, std::string("\2\0\0\0", 4));
  std::ofstream(path_) << bytes;
  const auto found = read_work_file(path_);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_LE(found[0].row.size(), 3 * WorkMark::kRowBytes);
  EXPECT_EQ(found[0].partition.find('\xff'), std::string::npos);
}

TEST_F(WorkFileTest, TellsWhereSourcesWereWhetherTheyHadTheirTurnOrNot) {
  killed_after([](WorkFile& file) {
    for (const std::size_t task : {0, 1}) {
      WorkMark& mark = file.mark(task);
      mark.chain = 3;
      mark.instance = static_cast<std::uint32_t>(task);
      mark.set_partition(task == 0 ? "part-0.json" : "a\tb\nc");
      mark.read_to = 4711;
      mark.on_its_way = static_cast<std::uint32_t>(task);
    }
    new base::Turn(file.mark(0));
  });
  EXPECT_EQ(read_inputs(path_),
            (std::vector<InputAt>{{3, 0, "part-0.json", 4711, false}, {3, 1, "a?b?c", 4711, true}}));
}

TEST_F(WorkFileTest, DoesNotSayOfOtherTasksWhereTheyWereNorOfASourceThatHasGoneOnToAnotherPartition) {
  killed_after([](WorkFile& file) {
    file.mark(1).set_partition("part-0.json");
    file.mark(1).read_to = 4711;
    file.mark(1).set_partition("part-1.json");
  });
  EXPECT_TRUE(read_inputs(path_).empty());
}

/// On another host the file may still be as it was made.
TEST_F(WorkFileTest, OfZerosSaysNothing) {
  std::ofstream(path_) << std::string(2 * sizeof(WorkMark), '\0');
  EXPECT_TRUE(read_inputs(path_).empty());
  EXPECT_TRUE(read_work_file(path_).empty());
}

TEST_F(WorkFileTest, StaysWhenItIsToBeKept) {
  {
    auto file = WorkFile::make(path_, 1);
    ASSERT_TRUE(file);
    (*file)->mark(0).set_partition("part-0.json");
    (*file)->mark(0).read_to = 7;
    (*file)->keep();
  }
  EXPECT_EQ(read_inputs(path_), (std::vector<InputAt>{{0, 0, "part-0.json", 7, false}}));
  ASSERT_TRUE(WorkFile::make(path_, 1));  // Made anew it says nothing of what was before.
  EXPECT_TRUE(read_inputs(path_).empty());
}

}  // namespace
}  // namespace penstock::checkpoint
