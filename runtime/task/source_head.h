/// Drives one source: which partition is read next, event time and watermarks, the rate, idleness, the projection to
/// the fields that travel, and the end. THREAD: the task's executor.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/api/operator.h"
#include "runtime/base/work_mark.h"
#include "runtime/task/event_time.h"
#include "runtime/task/partition_set.h"
#include "runtime/task/task_image.h"

namespace penstock::task {

class Node;

class SourceHead {
 public:
  SourceHead(std::unique_ptr<api::Source> source, Node& node, int task_count);

  void restore(const RestoredTask& restored);  ///< Before open(); what it lends stays until open() has returned.
  base::Result<void> open();
  void save(std::uint64_t epoch, NodeImage& image);  ///< At a barrier.
  void on_published(std::uint64_t epoch);            ///< That checkpoint will do to go on from.
  /// kProgress: rows were emitted or headway made. kIdle: nothing now. kDone: exhausted.
  api::Step read();
  void stop() { stopped_ = true; }
  void on_wake();
  void on_held_back() { partitions_.on_held_back(); }
  base::Micros watermark();
  bool all_idle() const { return assigner_.has_value() && partitions_.all_idle(); }
  base::Micros next_timer() const { return timer_; }
  /// The latest read gave fewer rows than it might: what there was has been taken, and need not wait for more.
  bool caught_up() const { return caught_up_; }
  bool is_paced() const { return paced_; }  ///< The latest read waits for its `rate`, whatever there is to read.

  // --- called through SourceContext ---
  api::PartitionId add_partition(std::string_view name, bool bounded);
  std::optional<std::string_view> restored_position(std::string_view name) const;
  std::vector<std::string_view> restored_partitions() const;
  void partitions_complete() { complete_ = true; }
  void emit(std::span<const api::PartitionId> lanes, std::size_t first, const record::Rows& rows,
            const std::int64_t* offset);

 private:
  std::optional<api::PartitionId> choose();
  std::uint32_t allowance();
  api::Step rest();
  void settle(api::Step step, api::PartitionId chosen);
  void end_or_wait(api::Step step, api::PartitionId id);
  void mark_partition(api::PartitionId id);
  void mark_reading();
  void mark_record(std::int64_t offset);  ///< One at a time.
  void set_times(record::Rows& run, std::span<const api::PartitionId> lanes, std::size_t first);

  std::unique_ptr<api::Source> source_;
  Node* node_;
  PartitionSet partitions_;
  std::optional<EventTimeAssigner> assigner_;  // Set when someone downstream needs event time.
  std::vector<api::PartitionId> lanes_;        // Partitions that are read in rotation; empty: each on its own.
  std::vector<int> projection_;                // Port field -> schema field.
  const record::Schema* port_schema_;
  std::map<std::string_view, const PartitionImage*> former_;  // Until open() is over.
  std::vector<record::Column> columns_;
  std::vector<std::uint32_t> selection_;
  record::RunOrigin origin_;
  record::Rows run_;
  double rate_ = 0;  // Rows per second of this task; 0: unlimited.
  base::Micros rate_start_ = 0;
  std::uint64_t emitted_ = 0;
  std::optional<api::PartitionId> marked_;
  std::int64_t behind_ = base::WorkMark::kUnknown;  // The latest record of the marked partition.
  base::Micros merged_ = base::kNoTime;
  base::Micros timer_ = base::kEndOfTime;
  base::Micros silence_at_ = base::kEndOfTime;  // When a partition's silence may next have lasted.
  bool rotation_empty_ = false;
  bool complete_ = false, stopped_ = false, polled_ = false, caught_up_ = false, paced_ = false;
};

}  // namespace penstock::task
