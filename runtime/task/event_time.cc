#include "runtime/task/event_time.h"

#include <algorithm>

#include "runtime/base/target_clones.h"
#include "runtime/base/time_text.h"

namespace penstock::task {

using base::Micros;

namespace {

PENSTOCK_TARGET_CLONES bool any_outside(const Micros* times, std::size_t count, Micros least, Micros most) {
  std::uint64_t outside = 0;
  for (std::size_t k = 0; k < count; ++k)
    outside |= static_cast<std::uint64_t>(times[k] < least) | static_cast<std::uint64_t>(times[k] > most);
  return outside != 0;
}

/// No time is earlier than the one `distance` rows before it.
PENSTOCK_TARGET_CLONES bool never_falls(const Micros* times, std::size_t count, std::size_t distance) {
  std::uint64_t fell = 0;
  for (std::size_t k = distance; k < count; ++k) fell |= static_cast<std::uint64_t>(times[k] < times[k - distance]);
  return fell == 0;
}

PENSTOCK_TARGET_CLONES void copy_earlier(const Micros* times, std::size_t count, Micros by, Micros* out) {
  for (std::size_t k = 0; k < count; ++k) out[k] = times[k] - by;
}

}  // namespace

std::span<const EventTimeAssigner::BadRow> EventTimeAssigner::check(const record::Rows& rows) {
  bad_.clear();
  const record::Column& column = rows.columns[static_cast<std::size_t>(field_)];
  const auto* times = column.cells<Micros>();
  bool fine = column.state == nullptr;
  if (fine) {
    // One pass without branches; names are sought only when something is wrong.
    fine = !any_outside(times, rows.count, base::kMinTimestamp, base::kMaxTimestamp);
  }
  times_ = times;
  if (fine) return bad_;
  patched_.assign(times, times + rows.count);
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    if (column.is_null(k)) {
      bad_.push_back({k, "no_event_time", "the event time of this record is null"});
    } else if (times[k] < base::kMinTimestamp || times[k] > base::kMaxTimestamp) {
      bad_.push_back(
          {k, "timestamp_out_of_range", "the event time of this record lies outside the years 1900 to 2200"});
    } else {
      continue;
    }
    patched_[k] = base::kNoTime + out_of_order_;  // Moves no watermark: minus out_of_order it is kNoTime.
  }
  times_ = patched_.data();
  return bad_;
}

void EventTimeAssigner::lend(record::Rows& rows) {
  rows.time = times_;
  rows.watermark = watermark_.data();
  bool late = false;
  for (std::uint32_t k = 0; k < rows.count; ++k) late |= watermark_[k] > rows.time[k];
  rows.may_be_late = late;
}

void EventTimeAssigner::assign(record::Rows& rows, Partition& partition) {
  if (watermark_.size() < rows.count) watermark_.resize(rows.count);
  const Micros* times = times_;
  Micros watermark = partition.watermark;
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    watermark_[k] = watermark;
    watermark = std::max(watermark, times[k] - out_of_order_);
  }
  partition.watermark = watermark;
  lend(rows);
}

void EventTimeAssigner::assign_lanes(record::Rows& rows, PartitionSet& partitions, std::span<const std::uint32_t> lanes,
                                     std::size_t first) {
  if (watermark_.size() < rows.count) watermark_.resize(rows.count);
  const Micros* times = times_;
  const std::size_t width = lanes.size();
  const auto count = static_cast<std::size_t>(rows.count);
  const std::size_t head = std::min(width, count);
  for (std::size_t k = 0; k < head; ++k) {
    Partition& lane = partitions[lanes[(first + k) % width]];
    watermark_[k] = lane.watermark;
    lane.watermark = std::max(lane.watermark, times[k] - out_of_order_);
  }
  // A row's watermark is the larger of the previous row of its lane's watermark and time: a recurrence at distance
  // `width`. In a stream in order the time is always the larger one, and nothing can be late.
  bool in_order = count > 0 && never_falls(times, count, width);
  for (std::size_t k = 0; k < head; ++k) in_order = in_order && watermark_[k] <= times[k] - out_of_order_;
  if (in_order) {
    if (count > width) copy_earlier(times, count - width, out_of_order_, watermark_.data() + width);
  } else {
    for (std::size_t k = head; k < count; ++k)
      watermark_[k] = std::max(watermark_[k - width], times[k - width] - out_of_order_);
  }
  for (std::size_t k = count > width ? count - width : 0; k < count; ++k) {
    Partition& lane = partitions[lanes[(first + k) % width]];
    lane.watermark = std::max(watermark_[k], times[k] - out_of_order_);
  }
  if (!in_order) return lend(rows);
  rows.time = times_;
  rows.watermark = watermark_.data();
  rows.may_be_late = false;
}

}  // namespace penstock::task
