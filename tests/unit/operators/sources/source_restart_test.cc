/// Sources that are stopped at any place and go on from the positions they gave: what comes out of both together is
/// what comes out of one that is left alone.
#include <random>

#include "operators/sources/file_identity.h"
#include "runtime/base/limits.h"
#include "runtime/base/time_text.h"
#include "tests/unit/operators/sources/source_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Positions = std::map<std::string, std::string, std::less<>>;

class SourceRestartTest : public SourceTest {
 protected:
  SourceRestartTest() { node.verb = "file"; }
  void set_path(const std::string& path, bool follow = false) {
    node.params.set("path", path);
    node.params.set("follow", follow);
  }
  static void save(const api::Source& source, const support::FakeContext& in, Positions& positions) {
    for (api::PartitionId id = 0; id < in.record.partitions.size(); ++id)
      positions[in.record.partitions[id].first] = source.position(id);
  }
  /// Texts of rows by partition.
  static void add_rows(const support::FakeContext& in, std::map<std::string, std::vector<std::string>>& rows) {
    for (const auto& row : in.record.emitted) rows[row.partition].push_back(row.text);
  }
  /// Reads everything; positions of ended partitions are not read again, as the engine does it.
  static void read_all(api::Source& source, support::FakeContext& in, std::uint32_t max_rows = 1000) {
    for (api::PartitionId id = 0; id < in.record.partitions.size(); ++id) read_on(source, in, id, max_rows);
  }
  /// Restores, opens; the error's code when that fails.
  std::string restart(const Positions& positions) {
    support::FakeContext next;
    next.world.positions = positions;
    auto source = make();
    const auto opened = (*source)->open(next);
    return opened ? "" : opened.error().code;
  }
  /// Interrupts reading after every `every` reads and compares with reading in one go.
  void interrupted(std::uint32_t max_rows, int reads, int tasks_before, int tasks_after) {
    std::map<std::string, std::vector<std::string>> expected, got;
    std::vector<std::string> expected_faults, faults;
    {
      support::FakeContext one;
      const auto source = open(one);
      read_all(*source, one);
      add_rows(one, expected);
      expected_faults = one.fault_codes();
    }
    Positions positions;
    for (int task = 0; task < tasks_before; ++task) {
      support::FakeContext in;
      const auto source = open(in, {task, tasks_before});
      for (int i = 0; i < reads + 3 * task && !in.record.partitions.empty(); ++i)
        source->read(static_cast<api::PartitionId>(i) % in.record.partitions.size(), max_rows, in);
      save(*source, in, positions);
      add_rows(in, got);
      for (const auto& code : in.fault_codes()) faults.push_back(code);
    }
    for (int task = 0; task < tasks_after; ++task) {
      support::FakeContext in;
      in.world.positions = positions;
      const auto source = open(in, {task, tasks_after});
      read_all(*source, in);
      add_rows(in, got);
      for (const auto& code : in.fault_codes()) faults.push_back(code);
    }
    std::sort(faults.begin(), faults.end());
    std::sort(expected_faults.begin(), expected_faults.end());
    EXPECT_EQ(got, expected) << max_rows << " rows, " << reads << " reads, " << tasks_before << " to " << tasks_after;
    EXPECT_EQ(faults, expected_faults);
  }
};

TEST_F(SourceRestartTest, FilesGoOnBehindTheLastRowThatWasEmitted) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += std::to_string(i) + (i % 7 == 3 ? " \xFF\n" : "\n");
  for (const char* name : {"a", "b", "c"}) write_file(name, name + text);
  set_path(directory);
  for (const int reads : {0, 1, 5, 9, 20, 200})
    for (const std::uint32_t rows : {1u, 3u, 1000u})
      for (const auto& [before, after] : {std::pair{1, 1}, {2, 3}, {3, 1}}) interrupted(rows, reads, before, after);
}

TEST_F(SourceRestartTest, ACsvHeaderIsKnownBehindTheStart) {
  node.format = "csv";
  node.schema.fields = {{"b", {record::Kind::kInt64, record::Kind::kNull}, false},
                        {"a", {record::Kind::kString, record::Kind::kNull}, false}};
  std::string text = "a,\"odd\nname\",b\r\n";
  for (int i = 0; i < 20; ++i) text += "\"x\ny\",ignored," + std::to_string(i) + "\n";
  set_path(write_file("a.csv", text));
  for (int reads = 0; reads < 12; ++reads) interrupted(2, reads, 1, 1);
}

TEST_F(SourceRestartTest, ALineThatIsTooLongIsSkippedToItsEnd) {
  const std::string text = "one\n" + std::string(3 * base::kMaxLineBytes, 'x') + "\ntwo\nthree\n";
  for (const char* format : {"text", "json", "csv"}) {
    node.format = format;
    node.format_params.set("header", false);
    set_path(write_file("a", text));
    for (int reads = 0; reads < 20; ++reads) interrupted(1, reads, 1, 1);
  }
}

TEST_F(SourceRestartTest, AFileThatHasGrownIsReadOn) {
  for (const bool follow : {false, true}) {
    support::FakeContext first, next;
    set_path(write_file("a", "1\n2\n"), follow);
    {
      const auto source = open(first);
      source->read(0, 1, first);
      source->read(0, 1, first);
      save(*source, first, next.world.positions);
    }
    write_file("a", "3\n", true);
    const auto source = open(next);
    read_all(*source, next);
    auto rows = first.rows();
    for (const auto& row : next.rows()) rows.push_back(row);
    EXPECT_THAT(rows, ElementsAre("1", "2", "3"));
  }
}

TEST_F(SourceRestartTest, AFileThatWasRotatedIsReadToItsEndAndTheNewOneFromItsStart) {
  const std::string path = write_file("a.log", "1\n2\n");
  set_path(directory + "/*.log", true);
  support::FakeContext first, next;
  {
    const auto source = open(first);
    read_all(*source, first);
    save(*source, first, next.world.positions);
  }
  write_file("a.log", "3\n", true);
  std::filesystem::rename(path, path + ".1");
  write_file("a.log", "4\n");
  {
    const auto source = open(next);
    read_all(*source, next);
    ASSERT_EQ(next.record.emitted.size(), 2u);
    EXPECT_EQ(next.record.emitted[0].text + " " + next.record.emitted[0].partition, "3 " + path);
    EXPECT_EQ(next.record.emitted[1].text + " " + next.record.emitted[1].partition, "4 " + path + "#2");
    next.world.positions.clear();
    save(*source, next, next.world.positions);
  }
  write_file("a.log", "5\n", true);
  support::FakeContext third;
  third.world.positions = next.world.positions;
  const auto source = open(third);
  read_all(*source, third);
  EXPECT_THAT(third.rows(), ElementsAre("5"));
  EXPECT_EQ(third.record.partitions.size(), 2u);
}

/// With a directory the old file was read again under its new name.
TEST_F(SourceRestartTest, RotationWhileReadingNeitherLosesNorRepeats) {
  const std::string path = write_file("a.log", "1\n2\n");
  set_path(directory, true);
  for (const int tasks : {1, 3}) {
    std::vector<std::unique_ptr<support::FakeContext>> in;
    std::vector<std::unique_ptr<api::Source>> sources;
    write_file("a.log", "1\n2\n");
    for (int task = 0; task < tasks; ++task) {
      in.push_back(std::make_unique<support::FakeContext>());
      sources.push_back(open(*in.back(), {task, tasks}));
    }
    const auto read_each = [&] {
      for (std::size_t i = 0; i < sources.size(); ++i) {
        in[i]->world.now += 2'000'000;
        sources[i]->poll(*in[i]);
        read_all(*sources[i], *in[i]);
      }
    };
    read_each();
    write_file("a.log", "3\n", true);
    std::filesystem::rename(path, path + ".1");
    write_file("a.log", "4\n");
    read_each();
    std::filesystem::rename(path + ".1", path + ".2");
    std::filesystem::rename(path, path + ".1");
    read_each();
    std::multiset<std::string> rows;
    for (const auto& context_of_task : in)
      for (const auto& row : context_of_task->rows()) rows.insert(row);
    EXPECT_THAT(rows, ElementsAre("1", "2", "3", "4")) << tasks;
    for (const auto& file : std::filesystem::directory_iterator(directory)) std::filesystem::remove(file);
  }
}

TEST_F(SourceRestartTest, AFileThatCannotBeReadOnIsALoudError) {
  for (const bool follow : {false, true}) {
    const std::string path = write_file("a", "1\n2\n3\n");
    set_path(directory, follow);
    Positions positions;
    {
      support::FakeContext first;
      const auto source = open(first);
      source->read(0, 2, first);
      source->read(0, 2, first);
      save(*source, first, positions);
    }
    std::filesystem::resize_file(path, 1);
    EXPECT_EQ(restart(positions), "file_truncated");
    std::filesystem::rename(path, directory + "/.old");
    EXPECT_EQ(restart(positions), "file_truncated") << "the same file under another name";
    std::filesystem::remove(directory + "/.old");
    EXPECT_EQ(restart(positions), "file_gone");
    write_file("other", "");  // May get the inode that has become free.
    write_file("a", "1\n2\n3\n");
    EXPECT_EQ(restart(positions), "file_replaced");
    EXPECT_EQ(restart({{path, "nonsense"}}), "checkpoint_damaged");
    for (const auto& file : std::filesystem::directory_iterator(directory)) std::filesystem::remove(file);
  }
}

/// It was read on at the old offset, in the midst of other rows.
TEST_F(SourceRestartTest, AFileThatWasWrittenAnewIsALoudErrorHoweverLongItIs) {
  const std::string old = "1\n2\n3\n4\n" + std::string(300, 'x') + "\n5\n";
  for (const bool follow : {false, true}) {
    const std::string path = write_file("a", old);
    set_path(directory, follow);
    for (const int reads : {2, 4, 5}) {
      write_file("a", old);
      Positions positions;
      {
        support::FakeContext first;
        const auto source = open(first);
        for (int i = 0; i <= reads; ++i) source->read(0, 1, first);
        save(*source, first, positions);
      }
      EXPECT_EQ(restart(positions), "");
      write_file("a", "6\n", true);
      EXPECT_EQ(restart(positions), "") << "it has only grown";
      write_file("a", std::string(1000, 'y') + "\n");
      EXPECT_EQ(restart(positions), "file_rewritten") << reads;
    }
    std::filesystem::remove(path);
  }
}

TEST_F(SourceRestartTest, WhatStoodBeforeAPlaceIsKnownFromAttemptToAttempt) {
  set_path(write_file("a", "1\n2\n3\n"));
  Positions positions;
  {
    support::FakeContext first;
    const auto source = open(first);
    source->read(0, 1, first);
    source->read(0, 1, first);
    save(*source, first, positions);
  }
  support::FakeContext second;
  second.world.positions = positions;
  const auto source = open(second);
  Positions again;
  save(*source, second, again);
  EXPECT_EQ(again, positions);
  source->read(0, 1, second);
  save(*source, second, again);
  write_file("a", "8\n2\n3\n4\n");
  EXPECT_EQ(restart(again), "file_rewritten") << "what an earlier attempt has read counts";
}

TEST_F(SourceRestartTest, APositionOfTheFirstVersionIsReadWithoutAFingerprint) {
  const std::string path = write_file("a", "1\n2\n3\n");
  const auto identity = look_at(path)->identity;
  set_path(path);
  context.world.positions[path] = "1 " + std::to_string(identity.inode) + " " + std::to_string(identity.born_ns) +
                                  " 4 6 0 " + std::to_string(path.size()) + "\n" + path;
  const auto source = open(context);
  read_all(*source, context);
  EXPECT_THAT(context.rows(), ElementsAre("3"));
}

TEST_F(SourceRestartTest, AFollowedFileThatIsCutShortFailsTheJobAndSaysWhatToDo) {
  set_path(write_file("a", "1\n2\n"), true);
  const auto source = open(context);
  read_all(*source, context);
  write_file("a", "3\n");
  read_all(*source, context);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "file_truncated");
  EXPECT_THAT(context.record.failure->text, HasSubstr("to 2 bytes, than the 4 that were read"));
  EXPECT_THAT(context.record.failure->text, HasSubstr("`run` with another --state directory"));
  EXPECT_THAT(context.rows(), ElementsAre("1", "2"));
}

TEST_F(SourceRestartTest, AFollowedFileThatIsWrittenAnewFailsTheJobEvenIfItIsLongerThanBefore) {
  set_path(write_file("a", "1\n2\n"), true);
  const auto source = open(context);
  read_all(*source, context);
  write_file("a", "3\n4\n5\n");
  for (int looks = 0; looks < 2; ++looks) read_all(*source, context);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "file_rewritten");
  EXPECT_THAT(context.rows(), ElementsAre("1", "2")) << "nothing of what does not belong to it";
}

/// One of many, which are not all kept open.
TEST_F(SourceRestartTest, AFileThatIsWrittenAnewWhileItIsClosedFailsTheJob) {
  constexpr api::PartitionId kFiles = 200;
  for (api::PartitionId i = 0; i < kFiles; ++i) write_file("f" + std::to_string(1000 + i), "1\n2\n3\n");
  set_path(directory);
  const auto source = open(context);
  for (api::PartitionId i = 0; i < kFiles; ++i)
    for (int reads = 0; reads < 2; ++reads) source->read(i, 1, context);
  write_file("f1001", "11111\n2\n3\n");
  const std::size_t rows = context.rows().size();
  for (int reads = 0; reads < 2; ++reads) source->read(0, 1, context);
  EXPECT_FALSE(context.record.failure.has_value());
  EXPECT_GT(context.rows().size(), rows);
  source->read(1, 1, context);
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_EQ(context.record.failure->code, "file_rewritten");
}

TEST_F(SourceRestartTest, AFileThatWasReadToItsEndMayBeGone) {
  write_file("a", "1\n");
  write_file("b", "2\n");
  set_path(directory);
  support::FakeContext first, next;
  {
    const auto source = open(first);
    read_on(*source, first, 0);
    save(*source, first, next.world.positions);
  }
  std::filesystem::remove(directory + "/a");
  const auto source = open(next);
  ASSERT_EQ(next.record.partitions.size(), 2u) << "known to have ended";
  EXPECT_EQ(read_on(*source, next, 1), api::Step::kDone);
  EXPECT_THAT(next.rows(), ElementsAre("2"));
}

TEST_F(SourceRestartTest, AFollowedFileThatIsDeletedEndsWhenAllOfItIsRead) {
  const std::string path = write_file("a", "1\n");
  set_path(directory, true);
  const auto source = open(context);
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
  write_file("a", "2\n", true);
  std::filesystem::remove(path);
  EXPECT_EQ(read_on(*source, context, 0), api::Step::kDone);
  EXPECT_THAT(context.rows(), ElementsAre("1", "2"));
}

TEST_F(SourceRestartTest, AFollowedFileThatHasEndedIsNotTakenUpAgain) {
  const std::string path = write_file("a", "1\n");
  set_path(directory, true);
  support::FakeContext next;
  {
    const auto source = open(context);
    EXPECT_EQ(read_on(*source, context, 0), api::Step::kIdle);
    std::filesystem::remove(path);
    EXPECT_EQ(read_on(*source, context, 0), api::Step::kDone);
    save(*source, context, next.world.positions);
  }
  write_file("a", "2\n");
  const auto source = open(next);
  ASSERT_EQ(next.record.partitions.size(), 1u);
  EXPECT_EQ(next.record.partitions[0].first, path + "#2");
  read_on(*source, next, 0);
  EXPECT_THAT(next.rows(), ElementsAre("2"));
}

class GenerateRestartTest : public SourceRestartTest {
 protected:
  GenerateRestartTest() {
    node.verb = "generate";
    node.format = "";
    node.schema.fields.clear();
    topology::Scope scope;
    scope.entries.push_back({"", "i", {record::Kind::kInt64, record::Kind::kNull}, false});
    auto checked = topology::check_expression("100 / (i % 17) + i", scope);
    const auto expression = std::get<topology::ExprPtr>(checked);
    node.params.set("fields", topology::NamedExprs{{"x", expression}});
    node.schema.fields.push_back({"x", expression->type, expression->nullable});
    node.params.set("count", std::int64_t{500});
  }
  void show_due() {
    const record::Type type{record::Kind::kTimestamp, record::Kind::kNull};
    topology::Scope scope;
    scope.entries.push_back({"", "i", {record::Kind::kInt64, record::Kind::kNull}, false});
    scope.entries.push_back({"", "due", type, false});
    const auto due = std::get<topology::ExprPtr>(topology::check_expression("due", scope));
    node.params.set("fields", topology::NamedExprs{{"x", due}});
    node.schema.fields = {{"x", type, false}};
  }
};

TEST_F(GenerateRestartTest, LanesGoOnWhereTheyWereAtAnyParallelism) {
  for (const int reads : {0, 1, 2, 7, 30, 1000})
    for (const std::uint32_t rows : {1u, 5u, 64u})
      for (const auto& [before, after] : {std::pair{1, 1}, {1, 2}, {2, 1}, {5, 3}, {12, 1}, {13, 5}, {3, 12}})
        interrupted(rows, reads, before, after);
}

TEST_F(GenerateRestartTest, WhatIsDueWhenStaysTheSame) {
  node.params.set("rate", 100.0);
  support::FakeContext first, next;
  Positions positions;
  {
    const auto source = open(first);
    first.world.now += 1'000'000;
    read_on(*source, first, 0);
    EXPECT_EQ(first.record.emitted.size() + first.record.failed.size(), 101u);
    save(*source, first, next.world.positions);
  }
  next.world.now = first.world.now + 500'000;
  const auto source = open(next);
  EXPECT_EQ(read_on(*source, next, 0), api::Step::kIdle);
  EXPECT_EQ(next.record.emitted.size() + next.record.failed.size(), 50u) << "due since the first start";
}

/// Tasks do not start at one moment. The lane read last gave its start to all lanes of its task, whose rows then
/// stepped back in event time.
TEST_F(GenerateRestartTest, NoLaneStepsBackInTimeAtAnotherParallelism) {
  show_due();
  node.params.set("rate", 100.0);
  Positions saved;
  std::map<std::string, std::vector<base::Micros>> times;
  const auto run = [&](int tasks, base::Micros now, base::Micros for_us) {
    const Positions before = std::exchange(saved, {});
    for (int task = 0; task < tasks; ++task) {
      support::FakeContext in;
      in.world.positions = before;
      in.world.now = now - 700'000 * task;  // The later tasks of the list started earlier.
      const auto source = open(in, {task, tasks});
      for (const base::Micros until = in.world.now + for_us; in.world.now < until; in.world.now += 50'000)
        read_on(*source, in, 0);
      for (const auto& row : in.record.emitted) times[row.partition].push_back(base::parse_timestamp(row.text).value());
      save(*source, in, saved);
    }
  };
  const base::Micros start = context.world.now;
  run(3, start, 1'000'000);
  run(2, start + 2'000'000, 1'000'000);
  run(1, start + 3'000'000, 3'000'000);
  run(5, start + 6'000'000, 4'000'000);
  ASSERT_EQ(times.size(), 12u);
  for (const auto& [lane, due] : times) {
    EXPECT_EQ(due.size(), lane < "lane-08" ? 42u : 41u) << lane << " of 500 rows";
    for (std::size_t i = 1; i < due.size(); ++i) EXPECT_EQ(due[i], due[i - 1] + 120'000) << lane << ", row " << i;
  }
}

TEST_F(GenerateRestartTest, APositionOfAnotherLaneIsALoudError) {
  EXPECT_EQ(restart({{"lane-03", "5 0"}}), "checkpoint_damaged");
  EXPECT_EQ(restart({{"lane-03", "x"}}), "checkpoint_damaged");
}

}  // namespace
}  // namespace penstock::operators
