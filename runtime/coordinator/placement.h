/// Which task of a plan runs on which executor of which worker. Pure and predictable: the same plan and workers give
/// the same places, and `penstock plan FILE --workers` shows them before anything runs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/error.h"
#include "topology/plan.h"

namespace penstock::coordinator {

/// A worker that may get tasks.
struct PlaceableWorker {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  int slots = 1;  ///< Executors that it offers.
  int tasks = 0;  ///< Of other jobs, that run there already.
};

struct TaskPlace {
  int worker = 0;    ///< Index in Placement::workers.
  int executor = 0;  ///< On that worker.

  bool operator==(const TaskPlace&) const = default;
};

struct PlacedWorker {
  std::string name;
  int executors = 0;  ///< As many as the job uses there.

  bool operator==(const PlacedWorker&) const = default;
};

struct Placement {
  std::vector<PlacedWorker> workers;          ///< Those that have tasks, by name.
  std::vector<std::vector<TaskPlace>> tasks;  ///< [chain of the plan][instance]
};

/// - A chain runs only where every placement of its nodes allows it.
/// - Chains that a forward edge links form a group, unless their placements keep them apart. Instance i of all chains
/// of
///   a group is on one executor.
/// - A group's instances are spread over its workers in proportion to their slots: N instances over N workers of equal
///   slots are one each. A group of one instance goes where there is least to do.
/// - Ties go to the worker with the least to do, then by name; on a worker to the executor with the fewest tasks.
/// Code cannot_place: a node for which there is no worker, why, and what to do.
base::Result<Placement> place(const topology::Plan& plan, std::vector<PlaceableWorker> workers);

/// Whether a node with this placement may run on that worker.
bool fits(const topology::PlanPlacement& placement, const PlaceableWorker& worker);

}  // namespace penstock::coordinator
