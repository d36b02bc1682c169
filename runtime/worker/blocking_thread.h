/// One thread for whatever may block (fsync, rename, reload of a table), so that executors never do. Jobs run in order.
/// THREAD: submit() from any; the jobs run on its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/api/context.h"

namespace penstock::worker {

class BlockingThread {
 public:
  ~BlockingThread() { stop(); }
  /// Runs `job`, then wakes `then`. The thread starts with the first job.
  void submit(std::function<void()> job, std::shared_ptr<api::Waker> then);
  void forget_waiting();  ///< Jobs that have not begun are not run.
  void stop();            ///< Finishes what was submitted, then ends. May be called twice.

 private:
  void run();
  struct Job {
    std::function<void()> work;
    std::shared_ptr<api::Waker> then;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace penstock::worker
