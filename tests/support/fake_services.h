/// What a task asks of its executor, for tests that step one by hand: the clock stands where the test puts it, blocking
/// work is done when the test says so, and what the task hands in is kept. THREAD: the test's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/task/services.h"

namespace penstock::support {

class FakeServices final : public task::Services {
 public:
  base::Micros now() const override { return clock; }
  base::Micros steady() const override { return clock; }
  bool stopping() const override { return false; }
  void fail(base::Error failure) override {
    if (!error) error = std::move(failure);
  }
  void run_blocking(std::function<void()> job, std::shared_ptr<api::Waker>) override { jobs.push_back(std::move(job)); }
  std::shared_ptr<api::Waker> waker(int) override { return nullptr; }
  void watch(int, std::size_t, int, bool) override {}
  void unwatch(int, std::size_t, int) override {}
  void snapshot_taken(int, task::TaskImage image) override { images.push_back(std::move(image)); }
  void published(int, std::uint64_t epoch) override { published_epochs.push_back(epoch); }
  void drained(int) override { ++drained_tasks; }

  void do_blocking_work() {
    while (!jobs.empty()) {
      const auto job = std::move(jobs.front());
      jobs.pop_front();
      job();
    }
  }

  base::Micros clock = 0;
  std::optional<base::Error> error;
  std::deque<std::function<void()>> jobs;
  std::vector<task::TaskImage> images;
  std::vector<std::uint64_t> published_epochs;
  int drained_tasks = 0;
};

}  // namespace penstock::support
