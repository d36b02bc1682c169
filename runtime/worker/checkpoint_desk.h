/// Where the tasks of one process hand in what they remember at a barrier. The blocking thread writes it down: sinks'
/// segments first, then keyed state and the task's snapshot. Who drives the job (LocalCheckpoints, or the coordinator
/// by way of HostedJob) reads here how far all of them are. THREAD: any; the lists are guarded.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/checkpoint.pb.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/task/task_image.h"
#include "runtime/worker/blocking_thread.h"
#include "runtime/worker/event_descriptor.h"

namespace penstock::worker {

/// Which run of which job, and where its checkpoints go.
struct CheckpointSetup {
  api::RunIdentity run{};
  std::shared_ptr<checkpoint::CheckpointStore> store{};  ///< nullptr: nothing is kept; barriers flow all the same.
  std::string tier_directory{};  ///< Where tasks have directories of their own for keyed state; "": it is not saved.
  std::string work_file{};  ///< Where it can be read what the tasks here are at, should the process die; "": nowhere.
  bool keep_work_file = false;   ///< With one_at_a_time: others may have died, and it is asked where sources here were.
  bool one_at_a_time = false;    ///< A row a run, to find the record that has ended earlier processes.
  std::size_t memory_bytes = 0;  ///< For the keyed state of all tasks here that may leave memory; 0: no limit.
};

/// One task, as its snapshots name it.
struct TaskLabel {
  std::string chain;
  std::uint32_t instance = 0;
  std::uint32_t parallelism = 1;
  state::GroupRange groups{};
  state::TaskState* state = nullptr;
};

class CheckpointDesk {
 public:
  /// `fail`: ends the attempt; called where a sink's segment could not be made durable.
  CheckpointDesk(CheckpointSetup setup, BlockingThread& blocking, std::function<void(base::Error)> fail)
      : setup_(std::move(setup)), blocking_(&blocking), fail_(std::move(fail)) {}

  const CheckpointSetup& setup() const { return setup_; }
  std::size_t add_task(TaskLabel label);  ///< Its number here. Before the executors start.
  const TaskLabel& label(std::size_t task) const { return tasks_[task].label; }

  // --- from executors
  void take(std::size_t task, task::TaskImage image);
  void on_published(std::size_t task, std::uint64_t epoch);
  void on_drained(std::size_t task);

  // --- for the driver
  struct Result {
    std::optional<proto::SnapshotHandle> handle;
    std::optional<base::Error> error;
  };
  struct Progress {
    std::uint64_t epoch = 0;      ///< The newest of which a task has handed in anything; 0: none.
    std::vector<Result> results;  ///< Of that epoch, as far as they are done.
    bool collected = false;       ///< All tasks have theirs, none failed.
    std::uint64_t published = 0;  ///< By every task.
    bool drained = false;         ///< Every task.
  };
  Progress progress() const;
  int news() const { return news_.get(); }  ///< Readable when progress() has changed since clear_news().
  void clear_news() { news_.clear(); }

 private:
  struct Task {
    TaskLabel label;
    std::uint64_t published = 0;
    bool drained = false;
  };
  void write(std::size_t task, task::TaskImage& image);
  base::Result<proto::SnapshotHandle> keep(const TaskLabel& label, task::TaskImage& image);
  void record(std::uint64_t epoch, Result result);

  CheckpointSetup setup_;
  BlockingThread* blocking_;
  std::function<void(base::Error)> fail_;
  EventDescriptor news_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<Task> tasks_;
  std::uint64_t epoch_ = 0;
  std::vector<Result> results_;
};

}  // namespace penstock::worker
