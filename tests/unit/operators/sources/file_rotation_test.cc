/// Followed files that are rotated while several tasks look: each row comes out of exactly one of them, also when they
/// go on from a checkpoint, at any number of tasks.
#include <set>

#include "operators/sources/file_identity.h"
#include "operators/sources/file_owners.h"
#include "tests/unit/operators/sources/source_fixture.h"

namespace penstock::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Positions = std::map<std::string, std::string, std::less<>>;

class FileRotationTest : public SourceTest {
 protected:
  FileRotationTest() {
    node.verb = "file";
    node.params.set("path", directory + "/*.log*");
    node.params.set("follow", true);
  }

  struct Task {
    std::unique_ptr<support::FakeContext> in = std::make_unique<support::FakeContext>();
    std::unique_ptr<api::Source> source;
    std::set<api::PartitionId> ended;  ///< Neither read nor saved any more, as the engine does it.
  };
  void begin(Task& task, api::TaskPlace place, const Positions& positions = {}) {
    task.in->world.positions = positions;
    task.source = open(*task.in, place);
  }
  std::vector<Task> begin_all(int count, const Positions& positions) {
    std::vector<Task> tasks(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) begin(tasks[static_cast<std::size_t>(i)], {i, count}, positions);
    return tasks;
  }
  static void read_to_end(Task& task) {
    for (api::PartitionId id = 0; id < task.in->record.partitions.size(); ++id)
      if (!task.ended.contains(id) && read_on(*task.source, *task.in, id) == api::Step::kDone) task.ended.insert(id);
  }
  /// All tasks look, and read what they have to the end.
  static void read_each(std::vector<Task>& tasks) {
    for (Task& task : tasks) {
      task.in->world.now += 2'000'000;
      task.source->poll(*task.in);
      read_to_end(task);
      EXPECT_FALSE(task.in->record.failure.has_value()) << task.in->record.failure->text;
    }
  }
  static std::vector<std::string> rows_of(const std::vector<Task>& tasks) {
    std::vector<std::string> rows;
    for (const Task& task : tasks)
      for (const auto& row : task.in->rows()) rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  /// As the engine puts them together; a name that two tasks use would hide one of them.
  static Positions save(const std::vector<Task>& tasks) {
    Positions positions;
    for (const Task& task : tasks)
      for (api::PartitionId id = 0; id < task.in->record.partitions.size(); ++id) {
        if (task.ended.contains(id)) continue;
        const std::string& name = task.in->record.partitions[id].first;
        EXPECT_TRUE(positions.emplace(name, task.source->position(id)).second) << name << " in two tasks";
      }
    return positions;
  }
  void rotate(const std::string& name, const std::string& text) {
    const std::string path = directory + "/" + name;
    std::filesystem::rename(path, path + ".1");
    write_file(name, text);
  }
  /// Two tasks, of which one looks before a rotation and the other behind it.
  std::vector<Task> begin_around_rotation(const std::string& name, int first) {
    std::vector<Task> tasks(2);
    write_file(name, "1\n");
    begin(tasks[static_cast<std::size_t>(first)], {first, 2});
    rotate(name, "2\n");
    begin(tasks[static_cast<std::size_t>(1 - first)], {1 - first, 2});
    return tasks;
  }
  std::string position_of(const std::string& name, std::int64_t born_ns, std::int64_t offset, bool known = true) {
    const std::string path = directory + "/" + name;
    const auto inode = known ? look_at(path)->identity.inode : 0;
    return "1 " + std::to_string(inode) + " " + std::to_string(born_ns) + " " + std::to_string(offset) + " " +
           std::to_string(offset) + " 0 " + std::to_string(path.size()) + "\n" + path;
  }
  std::int64_t born_ns(const std::string& name) { return look_at(directory + "/" + name)->identity.born_ns; }
  /// Of a file that the source shall follow now; those it followed before stay, and so do their inodes.
  std::string next_name() {
    const std::string name = "a" + std::to_string(names_++) + ".log";
    node.params.set("path", directory + "/" + name + "*");
    return name;
  }

 private:
  int names_ = 0;
};

/// It was read by nobody, or by both, by what its names gave.
TEST_F(FileRotationTest, AFileThatIsRotatedBetweenTheLooksOfTwoTasksIsReadOnce) {
  std::set<std::pair<std::size_t, std::size_t>> spread;  // How many rows task 0 and task 1 gave.
  for (int i = 0; i < 32; ++i) {
    const std::string name = next_name();
    auto tasks = begin_around_rotation(name, i % 2);
    read_each(tasks);
    write_file(name + ".1", "3\n", true);
    write_file(name, "4\n", true);
    read_each(tasks);
    EXPECT_THAT(rows_of(tasks), ElementsAre("1", "2", "3", "4")) << name;
    spread.emplace(tasks[0].in->rows().size(), tasks[1].in->rows().size());
    save(tasks);
  }
  EXPECT_EQ(spread.size(), 3u) << "either task has had both files, and each one";
}

TEST_F(FileRotationTest, FilesThatWereRotatedBetweenTheLooksOfTwoTasksGoOnAtAnyNumberOfTasks) {
  for (const int after : {1, 2, 3, 5})
    for (int i = 0; i < 12; ++i) {
      const std::string name = next_name();
      Positions positions;
      {
        auto tasks = begin_around_rotation(name, i % 2);
        read_each(tasks);
        EXPECT_THAT(rows_of(tasks), ElementsAre("1", "2"));
        positions = save(tasks);
      }
      write_file(name + ".1", "3\n", true);
      write_file(name, "4\n", true);
      std::filesystem::rename(directory + "/" + name + ".1", directory + "/" + name + ".2");
      rotate(name, "5\n");
      auto tasks = begin_all(after, positions);
      read_each(tasks);
      EXPECT_THAT(rows_of(tasks), ElementsAre("3", "4", "5")) << name << " at " << after;
      positions = save(tasks);
      EXPECT_EQ(positions.size(), 3u);
      write_file(name, "6\n", true);
      auto once_more = begin_all(2, positions);
      read_each(once_more);
      EXPECT_THAT(rows_of(once_more), ElementsAre("6")) << name << " at " << after;
    }
}

TEST_F(FileRotationTest, PartitionsOfOneTaskAreNamedByThePathElseByTheInodeToo) {
  const std::string path = write_file("a.log", "1\n");
  auto one = begin_all(1, {});
  EXPECT_EQ(one[0].in->record.partitions[0].first, path);
  auto two = begin_all(2, {});
  const Task& owner = two[two[0].in->record.partitions.empty() ? 1 : 0];
  ASSERT_EQ(owner.in->record.partitions.size(), 1u);
  EXPECT_EQ(owner.in->record.partitions[0].first, path + "#" + std::to_string(look_at(path)->identity.inode));
}

/// Names without an inode: of an earlier version, or of a checkpoint taken with one task.
TEST_F(FileRotationTest, PartitionsOfAnOldCheckpointKeepTheirNamesAndAreReadByOneTask) {
  for (int i = 0; i < 16; ++i)
    for (const int tasks_after : {1, 2, 3})
      for (const bool birth_known : {true, false}) {
        const std::string name = next_name(), path = directory + "/" + name;
        write_file(name, "1\n3\n");
        rotate(name, "2\n4\n");
        const Positions old = {{path, position_of(name + ".1", birth_known ? born_ns(name + ".1") : 0, 2)},
                               {path + "#2", position_of(name, birth_known ? born_ns(name) : 0, 2)}};
        std::filesystem::rename(path + ".1", path + ".2");
        rotate(name, "5\n");
        auto tasks = begin_all(tasks_after, old);
        read_each(tasks);
        EXPECT_THAT(rows_of(tasks), ElementsAre("3", "4", "5")) << name << " at " << tasks_after;
        Positions saved = save(tasks);
        EXPECT_EQ(saved.size(), 3u);
        EXPECT_EQ(saved.count(path) + saved.count(path + "#2"), 2u);
        auto again = begin_all(tasks_after, saved);
        read_each(again);
        EXPECT_THAT(rows_of(again), IsEmpty());
        for (std::size_t task = 0; task < again.size(); ++task) {
          std::set<std::string> before, now;
          for (const auto& partition : tasks[task].in->record.partitions) before.insert(partition.first);
          for (const auto& partition : again[task].in->record.partitions) now.insert(partition.first);
          EXPECT_EQ(now, before) << "at the same number of tasks each keeps what it had, as it keeps its watermark";
        }
      }
}

/// It had vanished before it was looked at, and is back.
TEST_F(FileRotationTest, AFileOfWhichACheckpointKnowsOnlyThePathIsReadByOneTask) {
  const std::string name = next_name(), path = write_file(name, "1\n");
  auto tasks = begin_all(3, {{path, position_of(name, 0, 0, false)}});
  read_each(tasks);
  EXPECT_THAT(rows_of(tasks), ElementsAre("1"));
}

/// One file's inode is often the next one's, and perhaps nothing else tells them apart.
TEST_F(FileRotationTest, AFileWithTheInodeOfOneThatIsGoneIsReadOnce) {
  for (const bool birth_known : {true, false}) {
    const std::string name = next_name(), path = directory + "/" + name;
    write_file(name, "0\n");
    Positions old = {{path, position_of(name, birth_known ? born_ns(name) : 0, 0)}};
    auto tasks = begin_all(3, old);
    std::vector<std::string> expected = {"0"};
    for (int i = 1; i < 20; ++i) {
      read_each(tasks);
      std::filesystem::remove(path);
      for (Task& task : tasks) read_to_end(task);
      write_file(name, std::to_string(i) + "\n");
      expected.push_back(std::to_string(i));
    }
    read_each(tasks);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(rows_of(tasks), expected);
    save(tasks);
  }
}

TEST_F(FileRotationTest, AFileThatWasWrittenAnewIsALoudErrorOfOneTask) {
  write_file("a.log", "1\n2\n");
  Positions positions;
  {
    auto tasks = begin_all(2, {});
    read_each(tasks);
    positions = save(tasks);
  }
  write_file("a.log", "3\n4\n5\n");
  for (const int count : {1, 2, 3}) {
    std::vector<std::string> codes;
    for (int i = 0; i < count; ++i) {
      support::FakeContext in;
      in.world.positions = positions;
      const auto opened = (*make({i, count}))->open(in);
      if (!opened) codes.push_back(opened.error().code);
    }
    EXPECT_THAT(codes, ElementsAre("file_rewritten")) << count;
  }
}

TEST(FileOwners, EachFileHasOneOwnerHoweverMuchIsKnownOfItsBirth) {
  for (std::uint64_t inode = 1; inode < 200; ++inode)
    for (const bool by_name : {false, true}) {
      std::vector<int> owners;
      for (const std::int64_t born : {0, 7, 8})
        for (int task = 0; task < 3; ++task) {
          FileOwners files({task, 3});
          if (by_name) files.restore("a.log", {inode, 0});
          if (files.is_mine({inode, born})) owners.push_back(task);
        }
      ASSERT_EQ(owners.size(), 3u) << inode;
      EXPECT_EQ(std::set<int>(owners.begin(), owners.end()).size(), 1u) << inode;
    }
}

TEST(FileOwners, FilesAreSpreadOverAllTasks) {
  for (const std::uint64_t step : {1, 2, 8, 64}) {
    std::vector<int> owned(4);
    for (std::uint64_t i = 0; i < 400; ++i)
      for (int task = 0; task < 4; ++task)
        owned[static_cast<std::size_t>(task)] += FileOwners({task, 4}).is_mine({1000 + i * step, 5}) ? 1 : 0;
    for (const int each : owned) EXPECT_GT(each, 60) << step;
  }
}

TEST(FileOwners, ANameThatHoldsTheInodeIsOfNoOtherOwnerThanTheInode) {
  for (std::uint64_t inode = 100; inode < 200; ++inode)
    for (const char* behind : {"", "#2"}) {
      FileOwners fresh({1, 3}), restored({1, 3});
      restored.restore(fresh.name_of("x#4.log", {inode, 5}) + behind, {inode, 5});
      EXPECT_EQ(restored.is_mine({inode, 5}), fresh.is_mine({inode, 5}));
    }
}

}  // namespace
}  // namespace penstock::operators
