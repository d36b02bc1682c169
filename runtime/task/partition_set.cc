#include "runtime/task/partition_set.h"

#include <algorithm>

namespace penstock::task {

std::uint32_t PartitionSet::add(std::string_view name, bool bounded) {
  Partition& partition = partitions_.emplace_back();
  partition.name = name;
  partition.bounded = bounded;
  return static_cast<std::uint32_t>(partitions_.size() - 1);
}

std::optional<std::uint32_t> PartitionSet::pick() {
  std::optional<std::uint32_t> best;
  for (std::uint32_t id = 0; id < partitions_.size(); ++id) {
    const Partition& candidate = partitions_[id];
    if (candidate.ended || candidate.empty) continue;
    if (!best) {
      best = id;
      continue;
    }
    const Partition& leader = partitions_[*best];
    if (candidate.watermark != leader.watermark) {
      if (candidate.watermark < leader.watermark) best = id;
    } else if (!candidate.bounded && candidate.last_read < leader.last_read) {
      best = id;
    }
  }
  if (best) partitions_[*best].last_read = ++reads_;
  return best;
}

void PartitionSet::on_rows(std::uint32_t id) {
  partitions_[id].idle = false;
  partitions_[id].empty = false;
  partitions_[id].empty_since.reset();
}

base::Micros PartitionSet::on_empty(std::uint32_t id, base::Micros now) {
  Partition& partition = partitions_[id];
  partition.empty = true;
  if (!partition.empty_since) partition.empty_since = now;
  return idle_after_ ? *partition.empty_since + *idle_after_ : base::kEndOfTime;
}

void PartitionSet::on_wake() {
  for (Partition& partition : partitions_) partition.empty = false;
}

void PartitionSet::on_held_back() {
  for (Partition& partition : partitions_) {
    partition.empty = false;
    partition.empty_since.reset();
  }
}

base::Micros PartitionSet::check_idle(base::Micros now) {
  base::Micros next = base::kEndOfTime;
  if (!idle_after_) return next;
  for (Partition& partition : partitions_) {
    if (partition.ended || partition.idle || !partition.empty_since) continue;
    const base::Micros at = *partition.empty_since + *idle_after_;
    if (at <= now)
      partition.idle = true;
    else
      next = std::min(next, at);
  }
  return next;
}

std::optional<base::Micros> PartitionSet::watermark() const {
  std::optional<base::Micros> least;
  for (const Partition& partition : partitions_)
    if (counts(partition)) least = least ? std::min(*least, partition.watermark) : partition.watermark;
  return least;
}

bool PartitionSet::all_ended() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [](const Partition& p) { return p.ended; });
}

bool PartitionSet::all_idle() const {
  if (!partitions_.empty() && all_ended()) return false;
  return std::none_of(partitions_.begin(), partitions_.end(), [this](const Partition& p) { return counts(p); });
}

}  // namespace penstock::task
