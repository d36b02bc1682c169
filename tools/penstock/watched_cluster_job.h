/// A job on a cluster as RunWatch sees it: asks the coordinator how it stands, a few times a second. THREAD: main.
#pragma once

#include <optional>

#include "tools/penstock/coordinator_link.h"
#include "tools/penstock/watched_job.h"

namespace penstock::tools {

/// The same shape as that of a job in this process.
worker::JobSnapshot snapshot_of(const proto::JobStatus& status);

class WatchedClusterJob final : public WatchedJob {
 public:
  WatchedClusterJob(CoordinatorLink& link, std::uint64_t job) : link_(link), job_(job) {}

  bool wait(int signals, int timeout_ms) override;
  void request_stop() override { end(false); }
  void request_cancel() override { end(true); }
  worker::JobSnapshot snapshot() const override { return snapshot_of(status_); }

  const proto::JobStatus& status() const { return status_; }
  const std::optional<base::Error>& link_error() const { return link_error_; }  ///< Why no more is known.

 private:
  bool ask();
  void end(bool at_once);

  CoordinatorLink& link_;
  const std::uint64_t job_;
  proto::JobStatus status_;
  std::optional<base::Error> link_error_;
  int pause_ms_ = 1;
};

}  // namespace penstock::tools
