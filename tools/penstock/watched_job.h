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
  /// Ctrl-C takes a last checkpoint instead of draining, for the same command to go on from.
  virtual bool keeps_state() const { return false; }
  virtual void request_suspend() {}
  virtual void request_cancel() = 0;
  virtual worker::JobSnapshot snapshot() const = 0;
};

/// All in this process.
class WatchedLocalJob final : public WatchedJob {
 public:
  WatchedLocalJob(worker::LocalJob& job, bool keeps_state) : job_(job), keeps_state_(keeps_state) {}
  bool wait(int signals, int timeout_ms) override;
  void request_stop() override { job_.request_stop(); }
  bool keeps_state() const override { return keeps_state_; }
  void request_suspend() override { job_.request_suspend(); }
  void request_cancel() override { job_.request_cancel(); }
  worker::JobSnapshot snapshot() const override { return job_.snapshot(); }

 private:
  worker::LocalJob& job_;
  const bool keeps_state_;
};

}  // namespace penstock::tools
