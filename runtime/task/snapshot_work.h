/// Where one task stands with barriers: which it has to take next, which is being copied out, what its sinks are to
/// publish. It remembers and reports; Chain does the walking. THREAD: the task's executor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/state/task_state.h"
#include "runtime/task/services.h"

namespace penstock::task {

class SnapshotWork {
 public:
  SnapshotWork(int task, Services& services) : task_(task), services_(&services) {}
  void set_state(state::TaskState* state) { state_ = state; }
  state::TaskState* state() const { return state_; }

  // --- barriers of a source; other tasks get theirs from the gate
  void order(std::uint64_t epoch) { ordered_ = std::max(ordered_, epoch); }
  std::optional<std::uint64_t> ordered() const { return ordered_ > taken_ ? std::optional(ordered_) : std::nullopt; }

  /// The image of a barrier that has just been walked; its keyed state is still to be copied.
  void begin(TaskImage image);
  bool copying() const { return image_.has_value(); }
  void copy_some();

  // --- keyed state that no longer fits in memory, written with no barrier asking for it
  bool writing() const { return written_ != nullptr; }
  void begin_writing();
  void look_at_writing();  ///< Whether it is done; fails the job where that could not be.

  // --- publishing
  void order_publish(std::uint64_t epoch) { to_publish_ = std::max(to_publish_, epoch); }
  /// An epoch that the sinks have not been asked to publish yet; nullopt while they are at work on another.
  std::optional<std::uint64_t> due_publish() const {
    return to_publish_ > asked_ && !publishing_ ? std::optional(to_publish_) : std::nullopt;
  }
  void publish(std::uint64_t epoch, std::vector<api::BlockingJob> jobs);
  void look_at_publishing();  ///< Reports what has been published meanwhile, or fails the job.

 private:
  /// Shared with the blocking-I/O thread. `result` is written before `done` is set and read after.
  struct Publishing {
    std::vector<api::BlockingJob> jobs;
    std::uint64_t epoch = 0;
    base::Result<void> result;
    std::atomic<bool> done{false};
    void run();
  };
  /// Shared as Publishing is.
  struct Writing {
    base::Result<void> result;
    std::atomic<bool> done{false};
  };

  int task_;
  Services* services_;
  state::TaskState* state_ = nullptr;
  std::uint64_t ordered_ = 0, taken_ = 0;
  std::optional<TaskImage> image_;
  std::shared_ptr<Writing> written_;
  std::uint64_t to_publish_ = 0, asked_ = 0;
  std::shared_ptr<Publishing> publishing_;
};

}  // namespace penstock::task
