#include "runtime/task/partition_set.h"

#include <algorithm>

namespace penstock::task {

std::uint32_t PartitionSet::add(std::string_view name, bool bounded) {
  auto id = static_cast<std::uint32_t>(partitions_.size());
  if (free_.empty()) {
    partitions_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
    partitions_[id] = {};
  }
  partitions_[id].name = name;
  partitions_[id].bounded = bounded;
  live_.push_back(id);
  return id;
}

/// The name stays until the id is given again: rows that were emitted may still be on their way.
void PartitionSet::on_end(std::uint32_t id) {
  if (partitions_[id].ended) return;
  partitions_[id].ended = true;
  live_.erase(std::find(live_.begin(), live_.end(), id));
  if (!partitions_[id].bounded) free_.push_back(id);
}

std::optional<std::uint32_t> PartitionSet::pick() {
  std::optional<std::uint32_t> best;
  for (const std::uint32_t id : live_) {
    const Partition& candidate = partitions_[id];
    if (candidate.empty) continue;
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
  for (const std::uint32_t id : live_) partitions_[id].empty = false;
}

void PartitionSet::on_held_back() {
  for (const std::uint32_t id : live_) {
    partitions_[id].empty = false;
    partitions_[id].empty_since.reset();
  }
}

base::Micros PartitionSet::check_idle(base::Micros now) {
  base::Micros next = base::kEndOfTime;
  if (!idle_after_) return next;
  for (const std::uint32_t id : live_) {
    Partition& partition = partitions_[id];
    if (partition.idle || !partition.empty_since) continue;
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
  for (const std::uint32_t id : live_)
    if (const Partition& partition = partitions_[id]; counts(partition))
      least = least ? std::min(*least, partition.watermark) : partition.watermark;
  return least;
}

bool PartitionSet::all_idle() const {
  if (!partitions_.empty() && all_ended()) return false;
  return std::none_of(live_.begin(), live_.end(), [this](std::uint32_t id) { return counts(partitions_[id]); });
}

}  // namespace penstock::task
