/// A Context (and SourceContext) in memory for tests of single operators, sources and sinks: keeps as text what is
/// emitted and what failed, and can be corked to prove that an operator keeps its place when the output is full.
/// THREAD: the test's, but for the waker.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/api/operator.h"
#include "runtime/base/check.h"
#include "tests/support/row_text.h"

namespace penstock::support {

/// One row that was emitted. `partition` and `offset` are set by sources only.
struct EmittedRow {
  int port = 0;
  std::string text;
  std::string partition;
  std::int64_t offset = -1;
  base::Micros time = base::kNoTime;
  base::Micros watermark = base::kNoTime;
};

/// A row (text of the row) or a piece of input (raw) that failed.
struct FailedRow {
  std::string partition;
  std::int64_t offset = -1;
  std::string raw;
  std::string code;
  std::string message;
};

class FakeWaker : public api::Waker {
 public:
  void wake() override { wakes.fetch_add(1); }
  std::atomic<int> wakes{0};
};

/// What the test sets.
struct FakeWorld {
  bool stopping = false;  ///< The job has been asked to stop.
  int room = -1;          ///< Emits until ready() is false; -1: no end. uncork by setting it again.
  base::Micros now = 1'700'000'000'000'000;
  base::Micros watermark = base::kNoTime;
  std::set<int> unwanted;            ///< Ports nobody reads.
  api::StateStore* state = nullptr;  ///< Needed by operators with keyed state.
  const api::Restored* restored = nullptr;
  bool goes_on = false;  ///< The job does, from a checkpoint; without `restored` this node is new in it.
  api::RunIdentity run;
  std::map<std::string, std::string, std::less<>> positions;  ///< Of the restored checkpoint's partitions.
  std::string journals;                                       ///< Where sources may keep what arrived.
};

/// What the test reads.
struct FakeRecord {
  std::vector<EmittedRow> emitted;
  std::vector<FailedRow> failed;
  std::vector<std::uint32_t> run_sizes;                  ///< Rows of each run that was emitted.
  std::optional<base::Error> failure;                    ///< Of the whole job: the first one.
  std::vector<std::pair<std::string, bool>> partitions;  ///< Name and whether it is bounded, by PartitionId.
  bool partitions_complete = false;
  std::optional<base::Micros> wake_at;     ///< The earliest asked for.
  std::set<std::pair<int, bool>> watched;  ///< Descriptor and for_write.
};

class FakeContext : public api::SourceContext {
 public:
  FakeWorld world;
  FakeRecord record;

  /// Texts of the rows emitted on `port` so far.
  std::vector<std::string> rows(int port = 0) const {
    std::vector<std::string> texts;
    for (const EmittedRow& row : record.emitted)
      if (row.port == port) texts.push_back(row.text);
    return texts;
  }
  /// Codes of the rows that failed.
  std::vector<std::string> fault_codes() const {
    std::vector<std::string> codes;
    for (const FailedRow& row : record.failed) codes.push_back(row.code);
    return codes;
  }
  void cork() { world.room = 0; }
  void uncork(int runs = -1) { world.room = runs; }
  /// Does what run_blocking was given; true when there was something.
  bool run_blocking_jobs() {
    const bool any = !jobs_.empty();
    for (auto jobs = std::move(jobs_); auto& job : jobs) job();
    jobs_.clear();
    return any;
  }

  void emit(int port, const record::Rows& rows) override { keep(port, "", rows, nullptr); }
  bool ready() const override { return world.room != 0; }
  bool wanted(int port) const override { return world.unwanted.count(port) == 0; }

  void row_failed(const record::Rows& rows, std::uint32_t row, std::string_view code,
                  std::string_view message) override {
    CHECK(row < rows.count);
    record.failed.push_back({"", -1, row_text(rows, row), std::string(code), std::string(message)});
    counters_.errors.add(1);
  }
  void input_failed(std::string_view partition, std::int64_t offset, std::string_view raw, std::string_view code,
                    std::string_view message) override {
    record.failed.push_back(
        {std::string(partition), offset, std::string(raw), std::string(code), std::string(message)});
    counters_.errors.add(1);
  }
  void fail(base::Error error) override {
    if (!record.failure) record.failure = std::move(error);
  }

  bool stopping() const override { return world.stopping; }
  base::Micros now() const override { return world.now; }
  base::Micros watermark() const override { return world.watermark; }
  void wake_at(base::Micros wall_us) override {
    record.wake_at = record.wake_at ? std::min(*record.wake_at, wall_us) : wall_us;
  }

  void watch(int descriptor, bool for_write) override { record.watched.insert({descriptor, for_write}); }
  void unwatch(int descriptor) override {
    record.watched.erase({descriptor, false});
    record.watched.erase({descriptor, true});
  }
  std::shared_ptr<api::Waker> waker() override { return waker_; }
  void run_blocking(std::function<void()> job) override { jobs_.push_back(std::move(job)); }

  api::StateStore& state() override {
    CHECK(world.state != nullptr);
    return *world.state;
  }
  const api::Restored* restored() const override { return world.restored; }
  bool goes_on() const override { return world.goes_on || world.restored != nullptr; }
  const api::RunIdentity& run() const override { return world.run; }
  api::Counters& counters() override { return counters_; }

  api::PartitionId add_partition(std::string_view name, bool bounded) override {
    CHECK(!record.partitions_complete);
    for (const auto& known : record.partitions) CHECK(known.first != name);
    record.partitions.emplace_back(name, bounded);
    return static_cast<api::PartitionId>(record.partitions.size() - 1);
  }
  std::optional<std::string_view> restored_position(std::string_view name) const override {
    const auto found = world.positions.find(name);
    return found == world.positions.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }
  std::vector<std::string_view> restored_partitions() const override {
    std::vector<std::string_view> names;
    for (const auto& position : world.positions) names.push_back(position.first);
    return names;
  }
  std::string journal_directory() const override { return world.journals; }
  void emit_from(api::PartitionId partition, const record::Rows& rows, const std::int64_t* offset) override {
    CHECK(partition < record.partitions.size());
    keep(0, record.partitions[partition].first, rows, offset);
  }
  void emit_lanes(std::span<const api::PartitionId> lanes, std::size_t first, const record::Rows& rows,
                  const std::int64_t* offset) override {
    const std::size_t begin = record.emitted.size();
    keep(0, "", rows, offset);
    for (std::uint32_t row = 0; row < rows.count; ++row)
      record.emitted[begin + row].partition = record.partitions[lanes[(first + row) % lanes.size()]].first;
  }
  void partitions_complete() override { record.partitions_complete = true; }

 private:
  void keep(int port, const std::string& partition, const record::Rows& rows, const std::int64_t* offset) {
    CHECK(rows.schema == nullptr || rows.schema->fields.size() == rows.columns.size());
    record.run_sizes.push_back(rows.count);
    for (std::uint32_t row = 0; row < rows.count; ++row) {
      const std::uint32_t cell = rows.cell(row);
      EmittedRow kept{port, row_text(rows, row), partition};
      if (offset != nullptr) kept.offset = offset[cell];
      if (rows.time != nullptr) kept.time = rows.time[cell];
      if (rows.watermark != nullptr) kept.watermark = rows.watermark[cell];
      record.emitted.push_back(std::move(kept));
    }
    if (world.room > 0) --world.room;
  }

  api::Counters counters_;
  std::shared_ptr<FakeWaker> waker_ = std::make_shared<FakeWaker>();
  std::deque<std::function<void()>> jobs_;
};

}  // namespace penstock::support
