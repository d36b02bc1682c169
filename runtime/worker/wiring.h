/// From a Plan to tasks on executors: which task lives where, which channels connect them. Deterministic, so that the
/// processes of a job agree without asking each other.
/// THREAD: the caller's, before the executors start.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/checkpoint/work_file.h"
#include "runtime/worker/executor.h"
#include "runtime/worker/snapshot_format.h"
#include "topology/plan.h"

namespace penstock::worker {

/// Where a task lives: an executor of the job, and the position among that executor's tasks.
struct TaskHome {
  int executor = 0;
  int chain = 0;
};

/// Which task of a job lives where, and which of the job's executors are in this process.
struct JobPlace {
  std::vector<std::vector<TaskHome>> homes;  ///< [chain of the plan][instance]
  channel::ExecutorRange here;
  std::vector<std::string> worker_of;              ///< Of each executor; empty in a job of one process.
  std::map<std::uint32_t, std::uint64_t> windows;  ///< In bytes, by channel; the default where none is named.
};

/// All in this process. Instances of a chain go to executors in turn, and each chain starts where the one before it
/// stopped, so that equal parallelism puts instance i of all chains side by side.
JobPlace place_tasks(const topology::Plan& plan, int executors);

/// What the tasks of this process hand their snapshots to, and what they are made from: nullptr, nothing.
struct JobMemory {
  CheckpointDesk* desk = nullptr;
  const RestoredJob* restored = nullptr;
  checkpoint::WorkFile* work = nullptr;  ///< With a mark for each task here; nullptr: nobody will ask.
};

/// Makes the nodes, operators and channels of the tasks that live on `executors`, those of this process. Channels get
/// the same numbers in every process of the job. Nothing is opened yet.
base::Result<void> wire(const topology::Plan& plan, const api::Registry& registry, const JobPlace& place,
                        const std::vector<std::unique_ptr<Executor>>& executors, const JobMemory& memory);

}  // namespace penstock::worker
