/// Everything that one task remembers at one barrier, on its way from the executor to whoever writes it down; and the
/// same on its way back. Plain data. Owner: whoever holds it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/operator.h"
#include "runtime/base/clock.h"
#include "runtime/state/task_state.h"

namespace penstock::task {

struct PartitionImage {
  std::string name;
  bool bounded = false;
  base::Micros watermark = base::kNoTime;
  bool ended = false;
  bool idle = false;
  std::string position;
};

struct NodeImage {
  std::string node;
  api::SavedParts parts;
  std::vector<PartitionImage> partitions;  ///< Of sources.
  bool flushed = false;
};

struct TaskImage {
  std::uint64_t epoch = 0;
  base::Micros watermark = base::kNoTime;
  bool flushed = false;
  std::vector<NodeImage> nodes;
  std::vector<api::BlockingJob> jobs;  ///< To be run before the rest is written: sinks make their segments durable.
  std::unique_ptr<state::StateDelta> delta;  ///< nullptr: no keyed state is saved.
};

/// What a task is restored from.
struct RestoredTask {
  base::Micros watermark = base::kNoTime;
  bool flushed = false;
  std::set<std::string, std::less<>> spent;  ///< Nodes that have flushed, and to which no row comes any more.
  std::map<std::string, api::Restored, std::less<>> nodes;                     ///< By name.
  std::map<std::string, std::vector<PartitionImage>, std::less<>> partitions;  ///< Of sources, of all former tasks.
};

}  // namespace penstock::task
