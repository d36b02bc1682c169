#include "runtime/worker/blocking_thread.h"

namespace penstock::worker {

void BlockingThread::submit(std::function<void()> job, std::shared_ptr<api::Waker> then) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(job), std::move(then)});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void BlockingThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.work();
    if (job.then) job.then->wake();
    lock.lock();
  }
}

void BlockingThread::forget_waiting() {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
}

void BlockingThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace penstock::worker
