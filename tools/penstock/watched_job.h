/// A running job, wherever its tasks are: what RunWatch shows, stops and waits for. THREAD: main.
#pragma once

#include "runtime/worker/local_job.h"

namespace penstock::tools {

class WatchedJob {
 public:
  virtual ~WatchedJob() = default;
  /// Waits until the job has ended (true), `signals` is readable, or `timeout_ms` has passed (-1: for ever).
  virtual bool wait(int signals, int timeout_ms) = 0;
  virtual void request_stop() = 0;
  virtual void request_cancel() = 0;
  virtual worker::JobSnapshot snapshot() const = 0;
};

/// All in this process.
class WatchedLocalJob final : public WatchedJob {
 public:
  explicit WatchedLocalJob(worker::LocalJob& job) : job_(job) {}
  bool wait(int signals, int timeout_ms) override;
  void request_stop() override { job_.request_stop(); }
  void request_cancel() override { job_.request_cancel(); }
  worker::JobSnapshot snapshot() const override { return job_.snapshot(); }

 private:
  worker::LocalJob& job_;
};

}  // namespace penstock::tools
