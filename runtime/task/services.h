/// What a task needs of the executor it lives on.
#pragma once

#include <functional>
#include <memory>

#include "runtime/api/context.h"
#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/task/task_image.h"

namespace penstock::task {

class Services {
 public:
  virtual ~Services() = default;
  virtual base::Micros now() const = 0;      ///< Wall clock, read once per turn of the loop.
  virtual base::Micros steady() const = 0;   ///< Monotonic clock, read at the same moment.
  virtual bool stopping() const = 0;         ///< The job has been asked to stop.
  virtual void fail(base::Error error) = 0;  ///< Ends the job; the first error counts.
  virtual void run_blocking(std::function<void()> job, std::shared_ptr<api::Waker> then) = 0;
  virtual std::shared_ptr<api::Waker> waker(int task) = 0;
  /// `node`: which of the task's nodes asks; two of them may watch the same descriptor.
  virtual void watch(int task, std::size_t node, int descriptor, bool for_write) = 0;
  virtual void unwatch(int task, std::size_t node, int descriptor) = 0;

  // --- checkpoints; `task`: Chain::id()
  /// All that the task remembered at the barrier has been copied out, and rows flow again. It still has to be written.
  virtual void snapshot_taken(int task, TaskImage image) = 0;
  virtual void published(int task, std::uint64_t epoch) = 0;  ///< Its sinks show what this epoch covers.
  virtual void drained(int task) = 0;                         ///< It has seen the end of its input.
};

}  // namespace penstock::task
