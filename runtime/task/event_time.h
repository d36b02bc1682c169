/// Event time of a source's rows and the watermark each row carries: its own partition's, as it stood before the row. A
/// function of the data alone, so verdicts about lateness do not depend on run sizes, timing or parallelism.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/record/rows.h"
#include "runtime/task/partition_set.h"

namespace penstock::task {

class EventTimeAssigner {
 public:
  EventTimeAssigner(int field, base::Micros out_of_order) : field_(field), out_of_order_(out_of_order) {}

  struct BadRow {
    std::uint32_t row;
    const char* code;
    const char* message;
  };
  /// Rows that cannot be placed in time (null, or outside the years 1900-2200), ascending. They move no watermark. Must
  /// be called before assign for each run.
  std::span<const BadRow> check(const record::Rows& rows);

  /// Sets time, watermark and may_be_late of a dense run of one partition and moves that partition's watermark on.
  void assign(record::Rows& rows, Partition& partition);
  /// The same for rows in rotation over lanes: row k belongs to lanes[(first + k) % lanes.size()].
  void assign_lanes(record::Rows& rows, PartitionSet& partitions, std::span<const std::uint32_t> lanes,
                    std::size_t first);
  int field() const { return field_; }

 private:
  void lend(record::Rows& rows);
  int field_;
  base::Micros out_of_order_;
  const base::Micros* times_ = nullptr;  // Of the run at hand: the column's, or patched_ where rows are bad.
  std::vector<base::Micros> patched_;
  std::vector<base::Micros> watermark_;
  std::vector<BadRow> bad_;
};

}  // namespace penstock::task
