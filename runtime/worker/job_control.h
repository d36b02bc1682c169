/// What the executors of one job share: has it been told to stop, has it failed, who has finished. THREAD: any.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "runtime/base/error.h"
#include "runtime/worker/event_descriptor.h"

namespace penstock::worker {

class JobControl {
 public:
  explicit JobControl(int executors) : running_(executors) {}

  void request_stop() { stop_.store(true); }
  bool stop_requested() const { return stop_.load(std::memory_order_relaxed); }
  void cancel() { cancel_.store(true); }
  bool cancelled() const { return cancel_.load(std::memory_order_relaxed); }

  /// The first error counts; it cancels the job.
  void fail(base::Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    cancel_.store(true);
  }
  std::optional<base::Error> error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  /// An executor has no more work. True for the last one.
  bool executor_finished() { return running_.fetch_sub(1) == 1; }
  bool all_finished() const { return running_.load() <= 0; }

  /// An executor thread is about to return. The last one makes ended() readable.
  void thread_left(int executors) {
    if (left_.fetch_add(1) + 1 == executors) ended_.signal();
  }
  const EventDescriptor& ended() const { return ended_; }

 private:
  std::atomic<bool> stop_{false}, cancel_{false};
  std::atomic<int> running_;
  std::atomic<int> left_{0};
  EventDescriptor ended_;
  mutable std::mutex mutex_;
  std::optional<base::Error> error_;
};

}  // namespace penstock::worker
