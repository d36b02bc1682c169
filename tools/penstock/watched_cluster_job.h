/// The job of `run --workers` as RunWatch sees it: asks the coordinator how it stands, a few times a second, and has
/// its workers looked after. THREAD: main.
#pragma once

#include <optional>

#include "tools/penstock/coordinator_link.h"
#include "tools/penstock/watched_job.h"
#include "tools/penstock/worker_keeper.h"

namespace penstock::tools {

/// The same shape as that of a job in this process.
worker::JobSnapshot snapshot_of(const proto::JobStatus& status);

/// A job that is to end behind one more checkpoint.
struct Suspending {
  std::uint32_t attempt = 0;  ///< That was asked for the checkpoint.
  std::uint64_t epoch = 0;    ///< Once this one is published the job may end.
  bool behind_it = false;     ///< It has been told to.
};

class WatchedClusterJob final : public WatchedJob {
 public:
  WatchedClusterJob(CoordinatorLink& link, std::uint64_t job, WorkerKeeper& keeper, bool keeps_state)
      : link_(link), job_(job), keeper_(keeper), keeps_state_(keeps_state) {}

  bool wait(int signals, int timeout_ms) override;
  void request_stop() override { end(false); }
  bool keeps_state() const override { return keeps_state_; }
  void request_suspend() override;
  void request_cancel() override { end(true); }
  worker::JobSnapshot snapshot() const override { return snapshot_of(status_); }

  const proto::JobStatus& status() const { return status_; }
  const std::optional<base::Error>& link_error() const { return link_error_; }  ///< Why no more is known.
  bool suspended() const;  ///< Once it is over: as request_suspend() wanted.

 private:
  bool ask();
  bool poll_news(int signals);
  void end(bool at_once);
  void ask_for_last_checkpoint();
  void end_behind_last_checkpoint();

  CoordinatorLink& link_;
  const std::uint64_t job_;
  WorkerKeeper& keeper_;
  const bool keeps_state_;
  std::optional<Suspending> suspending_;
  proto::JobStatus status_;
  std::optional<base::Error> link_error_;
  int pause_ms_ = 1;
};

}  // namespace penstock::tools
