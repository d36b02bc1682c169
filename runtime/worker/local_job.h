/// One job all in this process: a Plan's tasks on a few executor threads, started, watched and stopped.
/// THREAD: the caller's; request_stop() and snapshot() may be called from any thread. Executors are owned and joined
/// here.
#pragma once

#include <memory>
#include <optional>

#include "runtime/api/registry.h"
#include "runtime/base/error.h"
#include "runtime/worker/job_snapshot.h"
#include "runtime/worker/local_checkpoints.h"
#include "topology/plan.h"

namespace penstock::worker {

struct JobOptions {
  int executors = 0;  ///< 0: one per core, but never more than the plan's highest parallelism needs.
  CheckpointSetup checkpoints{};
  LocalCheckpointOptions retention{};
  std::optional<proto::Manifest> restore{};  ///< Goes on from this checkpoint of the store.
};

class LocalJob {
 public:
  /// Builds every task, opens sources and sinks, starts the executors. A fault of the set-up (missing file, port in
  /// use) is returned here and nothing is left behind.
  static base::Result<std::unique_ptr<LocalJob>> start(const topology::Plan& plan, const api::Registry& registry,
                                                       const JobOptions& options);
  ~LocalJob();  ///< Cancels when still running.

  /// Sources stop reading as if exhausted; what is in flight is processed, windows are flushed, sinks publish.
  void request_stop();
  /// Takes one more checkpoint and ends without flushing, so that another run can go on; only with a store. Where the
  /// input ends meanwhile, the run simply finishes.
  void request_suspend();
  bool suspended() const;  ///< Once it has ended: as request_suspend() wanted.
  /// Ends at once: nothing more is published. wait() returns soon after.
  void request_cancel();

  /// Waits until the job has ended, at most `timeout_us`. True when it has ended.
  bool wait(base::Micros timeout_us);
  JobSnapshot snapshot() const;
  /// The error that failed the job, if any; the first one when several tasks failed.
  std::optional<base::Error> error() const;
  /// Descriptor that becomes readable when the job has ended (for poll loops with signals).
  int ended_descriptor() const;

 private:
  struct State;
  explicit LocalJob(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock::worker
