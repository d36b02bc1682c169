/// It is killed, frozen or cut off at every single call that it makes; what is published must be that of an undisturbed
/// run.
#include <random>

#include "tests/unit/operators/sinks/file_sink_crash_fixture.h"

namespace penstock::operators {
namespace {

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

}  // namespace
}  // namespace penstock::operators
