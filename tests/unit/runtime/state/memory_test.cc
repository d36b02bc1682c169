#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "runtime/record/rows.h"
#include "tests/unit/runtime/state/saved_world.h"

/// What snapshots and a memory limit do to tables that are larger than a step.
namespace penstock::state {
namespace {

/// One task that counts numbers.
class Counting {
 public:
  Counting(std::string directory, std::size_t memory, std::vector<FormerState> former = {}) {
    TaskStateOptions options{{}, std::move(directory), std::move(former)};
    options.memory_bytes = memory;
    state_ = make_task_state(std::move(options));
    EXPECT_TRUE(state_->open());
    api::TableSpec spec{"t", {{record::Kind::kInt64}}, 8};
    spec.evictable = memory > 0;
    table_ = state_->store_of("node").make_table(std::move(spec));
  }
  /// Numbers from 0 on, once each; the least and the highest count there is now.
  std::pair<std::int64_t, std::int64_t> count(std::int64_t numbers) {
    std::pair<std::int64_t, std::int64_t> counts{INT64_MAX, 0};
    for (std::int64_t begin = 0; begin < numbers; begin += kRun) {
      std::vector<std::int64_t> keys(static_cast<std::size_t>(std::min(kRun, numbers - begin)));
      std::iota(keys.begin(), keys.end(), begin);
      const record::Column column{{record::Kind::kInt64}, keys.data(), nullptr, nullptr};
      record::Rows rows;
      rows.columns = {&column, 1};
      rows.count = static_cast<std::uint32_t>(keys.size());
      std::vector<api::Entry> entries(keys.size());
      const int field = 0;
      table_->find_or_insert(rows, {&field, 1}, entries);
      for (const api::Entry& entry : entries) {
        const std::int64_t now = ++*reinterpret_cast<std::int64_t*>(entry.value);
        counts = {std::min(counts.first, now), std::max(counts.second, now)};
      }
      after_run();
    }
    return counts;
  }
  void write() {
    state_->flip();
    while (!state_->copy(1000)) {
    }
    EXPECT_TRUE(state_->write(*state_->take()));
  }
  TaskState& state() { return *state_; }
  api::StateTable& table() { return *table_; }
  std::uint64_t most_memory() const { return most_memory_; }

 private:
  static constexpr std::int64_t kRun = 1000;
  void write_evicted() { EXPECT_TRUE(state_->write(*state_->take_evicted())); }
  void after_run() {
    while (state_->tend() || state_->wants_to_write())
      if (state_->wants_to_write()) write_evicted();
    EXPECT_FALSE(state_->is_full());
    most_memory_ = std::max(most_memory_, state_->memory_used());
  }
  std::unique_ptr<TaskState> state_;
  std::unique_ptr<api::StateTable> table_;
  std::uint64_t most_memory_ = 0;
};

TEST(ClearedTable, IsCopiedForTheSnapshotInStepsAndNotWhenItIsCleared) {
  const support::ScratchDirectory files;
  Counting task(files.path("tier"), 0);
  task.count(10'000);
  task.state().flip();
  ASSERT_FALSE(task.state().copy(100));
  task.table().clear();
  EXPECT_EQ(task.table().size(), 0u);
  EXPECT_EQ(task.count(5'000), std::pair(std::int64_t{1}, std::int64_t{1}));
  int steps = 1;
  while (!task.state().copy(1'000)) ++steps;
  EXPECT_GE(steps, 9);
  const std::string image = files.made("image");
  auto saved = task.state().persist(task.state().take(), image);
  ASSERT_TRUE(saved);
  Counting restored(files.path("restored"), 0, {{image, {}, std::move(*saved)}});
  EXPECT_EQ(restored.count(10'000), std::pair(std::int64_t{2}, std::int64_t{2}));
  task.write();
  EXPECT_EQ(task.count(10'000), std::pair(std::int64_t{1}, std::int64_t{2}));
}

TEST(MemoryLimit, HoldsWithoutACheckpointSinceWhatDoesNotFitIsWrittenAndReadBack) {
  constexpr std::int64_t kNumbers = 40'000;
  constexpr std::size_t kMemory = 512 << 10;
  const support::ScratchDirectory files;
  Counting task(files.path("tier"), kMemory);
  EXPECT_EQ(task.count(kNumbers), std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_EQ(task.count(kNumbers), std::pair(std::int64_t{2}, std::int64_t{2}));
  EXPECT_LE(task.most_memory(), kMemory + kMemory / 2);
  EXPECT_GE(task.most_memory(), kMemory / 2);  // It is used.
  EXPECT_EQ(task.state().fault(), nullptr);
}

/// Of a budget that not even an empty table fits in, each run of rows still gets its turn.
TEST(MemoryLimit, ThatIsTooSmallForAnythingHoldsNothingUp) {
  const support::ScratchDirectory files;
  Counting task(files.path("tier"), 100);
  EXPECT_EQ(task.count(3'000), std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_EQ(task.count(3'000), std::pair(std::int64_t{2}, std::int64_t{2}));
  EXPECT_FALSE(task.state().is_full());
  EXPECT_FALSE(task.state().wants_to_write());
}

}  // namespace
}  // namespace penstock::state
