/// Drives the checkpoints of a job that is all in this process: does what checkpoint::Cycle says, writes manifests, and
/// lets the tasks end when the last one is published. A thread of its own, since writing may take long. THREAD: the
/// caller's; what it starts is its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

#include "runtime/checkpoint/cycle.h"
#include "runtime/worker/job_run.h"
#include "topology/plan.h"

namespace penstock::worker {

struct LocalCheckpointOptions {
  std::uint64_t last_epoch = 0;  ///< The highest number ever given to a checkpoint of this job.
  int keep = 3;                  ///< Complete checkpoints; older ones are removed.
};

class LocalCheckpoints {
 public:
  LocalCheckpoints(JobRun& run, const topology::Plan& plan, LocalCheckpointOptions options);
  ~LocalCheckpoints();  ///< Stops driving; the run must have ended, or end soon.

  void start();  ///< The tasks run.
  /// Takes one more checkpoint and, when that is published, ends the run without flushing what is unfinished: for
  /// another run to go on. Only with a store. From any thread.
  void request_suspend();
  bool suspended() const { return suspended_.load(std::memory_order_acquire); }  ///< Done as asked.
  std::uint64_t newest() const {
    return published_.load(std::memory_order_relaxed);
  }  ///< Published checkpoint; 0: none.

 private:
  void drive();
  void wait();
  void take_progress();
  bool act();  ///< True: something was done, so there may be more.
  void complete(std::uint64_t epoch);
  void remove_old();
  void note_finished();
  proto::Manifest manifest(std::uint64_t epoch) const;

  JobRun& run_;
  const topology::Plan& plan_;
  const LocalCheckpointOptions options_;
  checkpoint::Cycle cycle_;
  std::uint64_t told_publish_ = 0;
  bool told_finish_ = false;
  std::optional<std::uint64_t> suspend_behind_;  ///< A checkpoint with a higher number ends the run.
  std::atomic<bool> suspend_asked_{false}, suspended_{false}, stop_{false};
  std::atomic<std::uint64_t> published_{0};
  EventDescriptor ordered_;
  std::thread thread_;
};

}  // namespace penstock::worker
