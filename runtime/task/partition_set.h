/// The partitions of one source task: which is read next, which are idle, and the watermark they have together. Pure:
/// the caller says what time it is. Those that have ended cost nothing any more, and unbounded ones (of which there may
/// be any number in the life of a job) are forgotten: their ids are given again. THREAD: one task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"

namespace penstock::task {

struct Partition {
  std::string name;
  bool bounded = false;
  base::Micros watermark = base::kNoTime;  ///< Largest event time so far minus out_of_order.
  bool ended = false;
  bool idle = false;                        ///< Silent for longer than idle_after: not waited for.
  bool empty = false;                       ///< Polled and found empty since the task last woke.
  std::optional<base::Micros> empty_since;  ///< Start of the silence; unset while it is not being polled.
  std::uint64_t last_read = 0;
};

class PartitionSet {
 public:
  explicit PartitionSet(std::optional<base::Micros> idle_after) : idle_after_(idle_after) {}

  std::uint32_t add(std::string_view name, bool bounded);
  Partition& operator[](std::uint32_t id) { return partitions_[id]; }
  const Partition& operator[](std::uint32_t id) const { return partitions_[id]; }
  std::size_t size() const { return partitions_.size(); }  ///< Ids are below it.
  bool forgotten(std::uint32_t id) const { return partitions_[id].ended && !partitions_[id].bounded; }

  /// The one to read next: lowest watermark first; equals in order (bounded) or the one not read for longest. None: all
  /// have ended or were found empty.
  std::optional<std::uint32_t> pick();
  void on_rows(std::uint32_t id);                             ///< Rows came: not idle, not empty.
  base::Micros on_empty(std::uint32_t id, base::Micros now);  ///< When it will be idle if nothing comes.
  void on_end(std::uint32_t id);
  void on_wake();       ///< Something happened outside: poll empty ones again.
  void on_held_back();  ///< The task was blocked: silence of that time does not count, and all are polled again.

  bool watches_idleness() const { return idle_after_.has_value(); }
  /// Marks partitions idle whose silence has lasted; the earliest time at which that may happen next.
  base::Micros check_idle(base::Micros now);
  /// Least watermark over partitions that count; nullopt when none counts.
  std::optional<base::Micros> watermark() const;
  bool all_ended() const { return live_.empty(); }
  bool all_idle() const;  ///< Not ended, but nobody counts.

 private:
  bool counts(const Partition& partition) const {
    if (partition.idle) return false;
    return partition.bounded || partition.watermark != base::kNoTime;  // One that is found later joins as idle.
  }
  std::optional<base::Micros> idle_after_;
  std::vector<Partition> partitions_;
  std::vector<std::uint32_t> live_;  ///< Not ended, in the order in which they were added.
  std::vector<std::uint32_t> free_;  ///< Forgotten.
  std::uint64_t reads_ = 0;
};

}  // namespace penstock::task
