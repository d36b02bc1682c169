/// A file sink under a driver as small as can be: rows 1..N with barriers at fixed places, checkpoints, restarts. It is
/// killed, frozen or cut off at every single call that it makes; what is published must be that of an undisturbed run.
#include <random>

#include "operators/sinks/file_sink.h"
#include "operators/sinks/segment_names.h"
#include "tests/unit/operators/sinks/faulty_operations.h"
#include "tests/unit/operators/sinks/sink_fixture.h"

namespace penstock::operators {
namespace {

using Published = std::map<std::string, std::string>;

/// What a driver remembers durably.
struct Checkpoint {
  std::uint64_t epoch = 0;
  std::int64_t next_row = 1;
  bool flushed = false;
  std::vector<api::SavedParts> tasks;
};

class FileSinkCrashTest : public SinkTest {
 protected:
  static constexpr std::int64_t kRows = 13;
  const std::set<std::int64_t> barriers{3, 4, 8, 9, 12};  ///< Behind these rows; two in a row make an idle epoch.

  FileSinkCrashTest() {
    node.verb = "file";
    node.delivery = topology::Delivery::kExactlyOnce;
    context.world.run.job = "job-1";
  }
  void use(const std::string& path) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    node.params.set("path", directory + "/" + path);
    checkpoint_ = {};
    epochs_ = 0;
    attempt_ = 0;
  }
  /// What a reader sees, by name.
  Published published() const {
    Published files;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      const std::string name = file.path().filename();
      if (name.front() != '.') files[name] = content_of(file.path());
    }
    return files;
  }
  std::vector<std::string> dot_files() const {
    std::vector<std::string> all = names();
    std::erase_if(all, [](const std::string& name) { return name.front() != '.'; });
    return all;
  }

  std::unique_ptr<api::Sink> start(FileOperations& operations, base::Error* error = nullptr) {
    context.world.run.attempt = ++attempt_;
    restored_ = {checkpoint_.tasks, 0, 1};
    context.world.restored = checkpoint_.epoch == 0 ? nullptr : &restored_;
    context.record.failure.reset();
    auto sink = make_file_sink(spec(), operations);
    const auto opened = (*sink)->open(context);
    if (!opened && error != nullptr) *error = opened.error();
    return opened ? std::move(*sink) : nullptr;
  }
  /// Stages; when that has succeeded the checkpoint is complete and is published. False: the attempt is over.
  bool take_checkpoint(api::Sink& sink, std::int64_t next_row, bool flushed) {
    const std::uint64_t epoch = ++epochs_;
    if (!stage(sink, epoch)) return false;
    if (epoch % 4 == 2 && !flushed) return true;  // Given up for another reason; the job goes on.
    checkpoint_ = {epoch, next_row, flushed, {saved}};
    return publish(sink, epoch);
  }
  /// One attempt, from the newest checkpoint. True: the job came to its end.
  bool attempt(FileOperations& operations, base::Error* error = nullptr) {
    const std::unique_ptr<api::Sink> sink = start(operations, error);
    return sink != nullptr && go_on(*sink);
  }
  bool go_on(api::Sink& sink) {
    const bool flushed = checkpoint_.flushed;
    for (std::int64_t row = checkpoint_.next_row; row <= kRows && !flushed; ++row) {
      sink.write(rows(row, 1), context);
      if (barriers.count(row) != 0 && !take_checkpoint(sink, row + 1, false)) return false;
      if (row == 8 && !take_checkpoint(sink, row + 1, false)) return false;
    }
    if (!flushed) sink.finish(context);
    if (!take_checkpoint(sink, kRows + 1, true)) return false;
    sink.end();
    return true;
  }
  Published undisturbed(const std::string& path) {
    use(path);
    FaultyOperations operations;
    EXPECT_TRUE(attempt(operations));
    calls_ = operations.calls;
    EXPECT_TRUE(dot_files().empty());
    return published();
  }

  int calls_ = 0;  ///< Of the undisturbed run.
  Checkpoint checkpoint_;
  api::Restored restored_;
  std::uint64_t epochs_ = 0;
  std::uint32_t attempt_ = 0;
};

class FileSinkKilled : public FileSinkCrashTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(DirectoryAndFile, FileSinkKilled, ::testing::Values("", "out.csv"));

TEST_P(FileSinkKilled, AtAnyCallPublishesWhatAnUndisturbedRunDoes) {
  node.format = "csv";
  const Published expected = undisturbed(GetParam());
  const int calls = calls_;
  ASSERT_GT(calls, 20);
  for (const bool power_cut : {false, true}) {
    for (int at = 0; at < calls; ++at) {
      use(GetParam());
      FaultyOperations killed, next;
      killed.die_at = at;
      EXPECT_TRUE(!attempt(killed) || at == calls - 1) << at;  // The last one removes the marker.
      if (power_cut) killed.lose_unsynced(directory);
      base::Error error;
      EXPECT_TRUE(attempt(next, &error)) << at << ": " << error.text;
      ASSERT_EQ(published(), expected) << "killed at call " << at << (power_cut ? ", power cut" : "");
      EXPECT_TRUE(dot_files().empty()) << at << ": " << dot_files().front();
    }
  }
}

TEST_P(FileSinkKilled, AgainInRecoveryPublishesWhatAnUndisturbedRunDoes) {
  const Published expected = undisturbed(GetParam());
  for (int at = 0; at < calls_; ++at) {
    for (int again = 0; again < 16; again += 3) {
      use(GetParam());
      FaultyOperations first, second, third;
      first.die_at = at;
      second.die_at = again;
      attempt(first);
      if (at % 2 == 0) first.lose_unsynced(directory);
      attempt(second);
      if (again % 2 == 0) second.lose_unsynced(directory);
      base::Error error;
      EXPECT_TRUE(attempt(third, &error)) << at << ", " << again << ": " << error.text;
      ASSERT_EQ(published(), expected) << "killed at call " << at << ", then at " << again;
    }
  }
}

TEST_P(FileSinkKilled, AtAnyCallThatFailsOnceNothingIsLostOrTwice) {
  const Published expected = undisturbed(GetParam());
  for (const int error : {EIO, ENOSPC}) {
    for (int at = 0; at < calls_; ++at) {
      use(GetParam());
      FaultyOperations faulty, next;
      faulty.fail_at = at;
      faulty.error = error;
      const bool done = attempt(faulty) && !context.record.failure.has_value();
      base::Error refused;
      EXPECT_TRUE(done || attempt(next, &refused)) << at << refused.text;
      ASSERT_EQ(published(), expected) << "failed at call " << at;
    }
  }
}

/// Frozen in front of a call, replaced by an attempt that runs to the end, and woken.
TEST_P(FileSinkKilled, FrozenAtAnyCallAndReplacedItPublishesNothingMore) {
  const Published expected = undisturbed(GetParam());
  for (int at = 0; at < calls_; ++at) {
    use(GetParam());
    FaultyOperations zombie, next;
    zombie.freeze_at = at;
    zombie.frozen = [&] {
      base::Error error;
      EXPECT_TRUE(attempt(next, &error)) << at << ": " << error.text;
      EXPECT_EQ(published(), expected) << "replaced at call " << at;
    };
    attempt(zombie);  // It believes that it is alone, and takes checkpoints that nobody has asked for.
    ASSERT_EQ(published(), expected) << "woken at call " << at;
  }
}

/// How often each row has been written, over all files; -1 counts lines that are none.
std::map<std::int64_t, int> times_written(const Published& files) {
  std::map<std::int64_t, int> times;
  for (const auto& [name, text] : files) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const bool row = line.starts_with("{\"n\":") && line.ends_with("}");
      ++times[row ? std::stoll(line.substr(5)) : -1];
    }
  }
  return times;
}

class FileSinkPromise : public FileSinkCrashTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(DirectoryAndFile, FileSinkPromise, ::testing::Values("", "out.jsonl"));

TEST_P(FileSinkPromise, AtLeastOnceEveryRowIsWrittenWholeWhateverHappens) {
  node.delivery = topology::Delivery::kAtLeastOnce;
  const Published expected = undisturbed(GetParam());
  for (const bool power_cut : {false, true}) {
    for (int at = 0; at < calls_; ++at) {
      use(GetParam());
      FaultyOperations killed, next;
      killed.die_at = at;
      killed.tear = !power_cut;
      attempt(killed);
      if (power_cut) killed.lose_unsynced(directory);
      EXPECT_TRUE(attempt(next)) << at;
      auto times = times_written(published());
      EXPECT_LE(times[-1], 1) << "the line that was torn";
      for (std::int64_t row = 1; row <= kRows; ++row) EXPECT_GE(times[row], 1) << row << ", killed at " << at;
      EXPECT_TRUE(dot_files().empty());
    }
  }
  EXPECT_EQ(times_written(expected).size(), static_cast<std::size_t>(kRows));
}

TEST_P(FileSinkPromise, AtMostOnceNoRowIsWrittenTwiceWhateverHappens) {
  node.delivery = topology::Delivery::kAtMostOnce;
  const Published expected = undisturbed(GetParam());
  bool lost = false;
  for (int at = 0; at < calls_; ++at) {
    use(GetParam());
    FaultyOperations killed, next;
    killed.die_at = at;
    attempt(killed);
    EXPECT_TRUE(attempt(next)) << at;
    auto times = times_written(published());
    EXPECT_EQ(times[-1], 0);
    for (std::int64_t row = 1; row <= kRows; ++row) {
      EXPECT_LE(times[row], 1) << row << ", killed at " << at;
      lost = lost || times[row] == 0;
    }
    EXPECT_TRUE(dot_files().empty());
  }
  auto times = times_written(expected);
  for (std::int64_t row = 1; row <= kRows; ++row) EXPECT_EQ(times[row], 1) << "undisturbed";
  EXPECT_TRUE(lost) << "else it would promise too little";
}

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
  } operations;
  EXPECT_NE(start(operations), nullptr);
  EXPECT_EQ(operations.synced.count(directory + "/"), 1U);
  EXPECT_EQ(operations.synced.count(directory + "/a/"), 1U);
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
