/// From a Plan to tasks on executors: which task lives where, which channels connect them. Deterministic.
/// THREAD: the caller's, before the executors start.
#pragma once

#include <memory>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/worker/executor.h"
#include "topology/plan.h"

namespace penstock::worker {

/// Where a task lives: an executor, and the position among its chains.
struct TaskHome {
  int executor = 0;
  int chain = 0;
};

/// Home of every task: [chain of the plan][instance]. Instances of a chain go to executors in turn, and each chain
/// starts where the one before it stopped, so that equal parallelism puts instance i of all chains side by side.
std::vector<std::vector<TaskHome>> place_tasks(const topology::Plan& plan, int executors);

/// Makes every task's nodes, operators and channels on the executors. Nothing is opened yet.
base::Result<void> wire(const topology::Plan& plan, const api::Registry& registry,
                        const std::vector<std::unique_ptr<Executor>>& executors);

}  // namespace penstock::worker
