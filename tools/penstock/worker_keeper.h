/// Looks after the worker processes of `run --workers` while their job runs: who has died is started again, who has
/// fallen silent is killed first, and people are told. How the job goes on is the coordinator's business. THREAD: main.
#pragma once

#include <string>
#include <vector>

#include "tools/penstock/coordinator_link.h"
#include "tools/penstock/local_workers.h"

namespace penstock::tools {

class WorkerKeeper {
 public:
  WorkerKeeper(LocalWorkers& workers, CoordinatorLink& link) : workers_(workers), link_(link) {}

  /// Call whenever there is news of the job, or of the descriptors. Codes: worker_ended (it dies again and again soon
  /// after its start), cannot_start_worker, and those of CoordinatorLink.
  base::Result<void> look_after(const proto::JobSummary& job);
  base::Result<void> revive();                                             ///< Before there is a job.
  std::vector<int> descriptors() const { return workers_.descriptors(); }  ///< As LocalWorkers.

 private:
  base::Result<void> kill_silent();
  void tell(const proto::JobSummary& job);

  LocalWorkers& workers_;
  CoordinatorLink& link_;
  std::uint32_t interruptions_ = 0;  // Of the job.
  bool goes_on_ = true;              // Since the last of them.
  std::string waits_for_;            // As told last.
};

}  // namespace penstock::tools
