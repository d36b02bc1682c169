/// What a file sink refuses, cleans up and leaves alone: failed syncs, late attempts, damaged markers, going back.
#include <random>
#include <sstream>

#include "operators/sinks/segment_names.h"
#include "tests/unit/operators/sinks/file_sink_crash_fixture.h"

namespace penstock::operators {
namespace {

/// A failed fsync may have dropped the pages it could not write, and the next one says that all is well.
TEST_F(FileSinkCrashTest, AFailedSyncIsNeverTriedAgainOnTheSameFile) {
  use("");
  FaultyOperations operations;
  const auto sink = start(operations);
  operations.fail_in = "sync";
  operations.fail_at = 0;
  sink->write(rows(1, 1), context);
  EXPECT_FALSE(stage(*sink, 1));
  EXPECT_FALSE(context.record.failure.has_value()) << "a failed checkpoint alone is no reason to stop";
  EXPECT_FALSE(stage(*sink, 2)) << "this one would cover the same rows";
  ASSERT_TRUE(context.record.failure.has_value());
  EXPECT_TRUE(context.record.failure->restart_helps);
}

TEST_F(FileSinkCrashTest, AnAttemptThatComesLateIsRefused) {
  use("");
  FaultyOperations operations;
  const auto old = start(operations);
  old->write(rows(1, 1), context);
  EXPECT_TRUE(stage(*old, 1));
  const auto next = start(operations);
  const auto job = old->publish(1, context);
  EXPECT_EQ(job().error().code, "fenced");
  EXPECT_TRUE(published().empty());
  attempt_ = 0;
  base::Error error;
  EXPECT_EQ(start(operations, &error), nullptr);
  EXPECT_EQ(error.code, "fenced");
}

TEST_F(FileSinkCrashTest, PartsThatAReaderHasTakenAwayDoNotComeAgain) {
  use("");
  FaultyOperations operations;
  {
    const auto sink = start(operations);
    sink->write(rows(1, 1), context);
    EXPECT_TRUE(take_checkpoint(*sink, 2, false));
    std::filesystem::remove(directory + "/part-0-00000.jsonl");
  }
  const auto sink = start(operations);
  ASSERT_NE(sink, nullptr);
  sink->write(rows(2, 1), context);
  EXPECT_TRUE(stage(*sink, 9) && publish(*sink, 9));
  EXPECT_EQ(published(), (Published{{"part-0-00001.jsonl", "{\"n\":2}\n"}}));
}

TEST_F(FileSinkCrashTest, StagedRowsThatSomebodyRemovedAreALoudError) {
  use("");
  FaultyOperations operations;
  {
    const auto sink = start(operations);
    sink->write(rows(1, 1), context);
    EXPECT_TRUE(stage(*sink, 1));
    checkpoint_ = {1, 2, false, {saved}};
  }
  for (const std::string& name : dot_files())
    if (name.ends_with(".segment")) std::filesystem::remove(directory + "/" + name);
  base::Error error;
  EXPECT_EQ(start(operations, &error), nullptr);
  EXPECT_EQ(error.code, "segment_lost");
}

TEST_F(FileSinkCrashTest, AStagedFileThatIsDamagedIsHarmlessOrLoud) {
  std::map<std::string, int> loud;
  bool damaged = false;
  const auto damage = [&](int round) {
    damaged = false;
    for (const std::string& name : dot_files()) {
      std::string bytes = content_of(directory + "/" + name);
      if (!name.ends_with(".segment") || bytes.empty()) continue;
      damaged = true;
      const std::size_t at = static_cast<std::size_t>(round) * 7 % bytes.size();
      if (round % 2 == 0)
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << round / 2 % 8));
      else
        bytes.resize(at);
      std::ofstream(directory + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
    }
  };
  harm_after_each_kill(damage, [&](const char* path, int round, const GoneOn& next) {
    EXPECT_TRUE(next.done ? next.as_undisturbed : damaged) << path << " " << round << " " << next.error.text;
    loud[path] += next.error.code == "segment_damaged" || (!next.done && next.error.code.empty());
  });
  EXPECT_GT(loud[""], 0);
  EXPECT_GT(loud["out.jsonl"], 0);
}

/// As the first version listed them: without `count` numbers at the end of each line.
std::string without_last_numbers(const std::string& listed, int count) {
  std::istringstream lines(listed);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    for (int i = 0; i < count; ++i) line.resize(line.rfind(' '));
    out += line + '\n';
  }
  return out;
}

TEST_F(FileSinkCrashTest, GoesOnFromWhatTheFirstVersionListedAndRefusesAListThatIsCut) {
  std::map<std::string, int> listed;
  bool cut = false;
  int found = 0;
  const auto shorten = [&](int round) {
    found = 0;
    for (api::SavedParts& parts : checkpoint_.tasks)
      for (const auto& [name, numbers] : {std::pair{"segments", 2}, {"pieces", 1}}) {
        const auto at = parts.find(name);
        if (at == parts.end() || at->second.empty()) continue;
        ++found;
        if (round % 2 == 0)
          at->second = without_last_numbers(at->second, numbers);
        else
          at->second.resize(at->second.size() - 1 - static_cast<std::size_t>(round / 2 % 3));
      }
    cut = round % 2 != 0 && found > 0;
  };
  harm_after_each_kill(shorten, [&](const char* path, int round, const GoneOn& next) {
    listed[path] += found;
    EXPECT_EQ(next.done, !cut) << path << " " << round << " " << next.error.text;
    EXPECT_EQ(next.error.code, cut ? "checkpoint_damaged" : "");
    EXPECT_TRUE(!next.done || next.as_undisturbed) << path << " " << round;
  });
  EXPECT_GT(listed[""], 0);
  EXPECT_GT(listed["out.jsonl"], 0);
}

TEST_F(FileSinkCrashTest, AMarkerWithAFlippedBitIsHarmlessOrLoud) {
  const Published expected = undisturbed("");
  int harmless = 0;
  for (std::size_t bit = 0; bit < 2 * 40 * 8; ++bit) {
    use("");
    FaultyOperations killed, next;
    killed.die_at = calls_ * 2 / 3;
    attempt(killed);
    for (const std::string& name : dot_files()) {
      if (!name.ends_with(".marker")) continue;
      std::string bytes = content_of(directory + "/" + name);
      ASSERT_EQ(bytes.size(), 1024u);
      const std::size_t at = bit / 320 * 512 + bit % 320 / 8;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit % 8));
      std::ofstream(directory + "/" + name, std::ios::binary) << bytes;
    }
    base::Error error;
    const bool done = attempt(next, &error);
    harmless += done;
    EXPECT_TRUE(done || error.code == "marker_damaged") << error.text;
    EXPECT_TRUE(!done || published() == expected) << bit;
  }
  EXPECT_GT(harmless, 0);
}

TEST_F(FileSinkCrashTest, TheDirectoriesThatItMakesAreDurableBeforeAnythingIsPublishedThere) {
  use("a/b/");
  struct Recorded : FileOperations {
    std::set<std::string> synced;
    int sync(int descriptor, const std::string& path) override {
      synced.insert(path);
      return FileOperations::sync(descriptor, path);
    }
  } operations, of_successor;
  EXPECT_NE(start(operations), nullptr);
  EXPECT_EQ(operations.synced.count(directory), 1U);
  EXPECT_EQ(operations.synced.count(directory + "/a"), 1U);
  EXPECT_NE(start(of_successor), nullptr);  // The first one may have died before the sync.
  EXPECT_EQ(of_successor.synced.count(directory + "/a"), 1U);
}

TEST_F(FileSinkCrashTest, ADirectoryThatCannotBeReadIsNotTakenForOneWithoutMarkers) {
  std::ofstream(directory + "/file") << "no directory";
  EXPECT_TRUE(SegmentNames(directory + "/", "part", "out", "job").list());
  EXPECT_FALSE(SegmentNames(directory + "/file/", "part", "out", "job").list());
}

TEST_F(FileSinkCrashTest, AnIdleEpochCostsNoFileOperation) {
  use("");
  FaultyOperations operations;
  const auto sink = start(operations);
  sink->write(rows(1, 1), context);
  EXPECT_TRUE(take_checkpoint(*sink, 2, false));
  const int before = operations.calls;
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(take_checkpoint(*sink, 2, false));
  EXPECT_EQ(operations.calls, before);
}

TEST_F(FileSinkCrashTest, AbortLeavesNothingButWhatIsPublished) {
  for (const char* path : {"", "out.csv"}) {
    use(path);
    FaultyOperations operations;
    const auto sink = start(operations);
    sink->write(rows(1, 1), context);
    EXPECT_TRUE(stage(*sink, 1));
    sink->write(rows(2, 1), context);
    sink->abort();
    EXPECT_TRUE(names().empty()) << names().front();
  }
}

TEST_F(FileSinkCrashTest, AnEpochThatComesTwiceIsALoudError) {
  use("");
  FaultyOperations operations;
  const auto first = start(operations);
  first->write(rows(1, 1), context);
  ASSERT_TRUE(take_checkpoint(*first, 2, false));
  const auto second = start(operations);
  second->write(rows(2, 1), context);
  saved = {};
  const auto job = second->stage(checkpoint_.epoch, saved, context);
  ASSERT_TRUE(job);
  EXPECT_EQ(job().error().code, "epoch_reused");
}

/// A job that is cancelled may be submitted again from its newest checkpoint.
TEST_F(FileSinkCrashTest, AbortLeavesWhatItsNewestCheckpointNeeds) {
  for (const bool single : {false, true}) {
    use(single ? "out.json" : "");
    FaultyOperations operations;
    const auto cancelled = start(operations);
    cancelled->write(rows(1, 1), context);
    EXPECT_TRUE(take_checkpoint(*cancelled, 2, false));
    cancelled->write(rows(2, 1), context);
    EXPECT_EQ(cancelled->idle(context), api::Step::kDone);
    cancelled->abort();
    for (const auto& [name, text] : published()) std::filesystem::remove(directory + "/" + name);  // A reader has it.
    base::Error error;
    EXPECT_TRUE(attempt(operations, &error)) << error.text;
    std::string expected, found;
    for (int row = single ? 1 : 2; row <= kRows; ++row) expected += "{\"n\":" + std::to_string(row) + "}\n";
    for (const auto& [name, text] : published()) found += text;
    EXPECT_EQ(found, expected);
    EXPECT_TRUE(dot_files().empty());
  }
}

TEST_F(FileSinkCrashTest, GoingBackBehindWhatIsPublishedIsRefusedUntilTheMarkersAreGone) {
  use("");
  FaultyOperations operations;
  const auto first = start(operations);
  first->write(rows(1, 1), context);
  ASSERT_TRUE(take_checkpoint(*first, 2, false));
  const Checkpoint older = checkpoint_;
  first->write(rows(2, 1), context);
  ASSERT_TRUE(take_checkpoint(*first, 3, false));  // Epoch 2 is given up for another reason ...
  first->write(rows(3, 1), context);
  ASSERT_TRUE(take_checkpoint(*first, 4, false));  // ... and 3 publishes both.
  const Published before = published();
  for (const Checkpoint& back : {older, Checkpoint{}, older}) {
    checkpoint_ = back;
    base::Error error;
    EXPECT_EQ(start(operations, &error), nullptr);
    EXPECT_EQ(error.code, "published_further") << error.text;
    EXPECT_EQ(published(), before);
  }
  for (const std::string& name : dot_files()) std::filesystem::remove(directory + "/" + name);
  EXPECT_NE(start(operations), nullptr);
}

/// The tasks of one attempt are dealt out to those of the next, whatever their number.
TEST_F(FileSinkCrashTest, AtAnotherParallelismEveryRowIsPublishedOnce) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    use("");
    FaultyOperations operations;
    std::int64_t next_row = 1, covered = 1;
    std::vector<api::SavedParts> parts;
    for (attempt_ = 1; attempt_ < 6; ++attempt_) {
      const int count = static_cast<int>(1 + random() % 4);
      next_row = covered;
      context.world.run.attempt = attempt_;
      std::vector<std::unique_ptr<api::Sink>> sinks;
      for (int task = 0; task < count; ++task) {
        restored_ = {parts, static_cast<std::size_t>(task), static_cast<std::size_t>(count)};
        context.world.restored = parts.empty() ? nullptr : &restored_;
        auto sink = make_file_sink(spec({task, count}), operations);
        const auto opened = (*sink)->open(context);
        ASSERT_TRUE(opened.has_value()) << seed << ": " << opened.error().text;
        sinks.push_back(std::move(*sink));
      }
      for (int round = 0; round < 4; ++round) {
        for (auto& sink : sinks) sink->write(rows(std::exchange(next_row, next_row + 2), 2), context);
        ++epochs_;
        std::vector<api::SavedParts> now;
        for (auto& sink : sinks) {
          EXPECT_TRUE(stage(*sink, epochs_));
          now.push_back(saved);
        }
        if (random() % 3 == 0) continue;  // Given up.
        parts = now;
        covered = next_row;
        for (auto& sink : sinks) EXPECT_TRUE(random() % 3 == 0 || publish(*sink, epochs_));
      }
    }
    context.world.run.attempt = attempt_;
    restored_ = {parts, 0, 1};
    context.world.restored = parts.empty() ? nullptr : &restored_;
    auto last = make_file_sink(spec(), operations);
    ASSERT_TRUE((*last)->open(context).has_value());
    (*last)->end();
    std::string all;
    for (const auto& [name, text] : published()) all += text;
    std::multiset<std::int64_t> seen;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) seen.insert(std::stoll(line.substr(5)));
    std::multiset<std::int64_t> expected;
    for (std::int64_t row = 1; row < covered; ++row) expected.insert(row);
    ASSERT_EQ(seen, expected) << seed;
    EXPECT_TRUE(dot_files().empty()) << seed << ": " << dot_files().front();
  }
}

}  // namespace
}  // namespace penstock::operators
