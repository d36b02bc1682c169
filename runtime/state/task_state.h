/// Keyed state of one task, of all its nodes: tables in memory, what has changed in them since the last barrier, and
/// the tier on disk (RocksDB) that holds what was saved, what a checkpoint restored and what did not fit in memory.
///
/// A checkpoint: flip() (cheap: what is dirty now belongs to the snapshot), copy() in steps until it says true (what is
/// overwritten before its turn is copied just then), take(), all on the executor; then persist() on the blocking thread
/// while rows flow on. Its cost is proportional to what changed.
///
/// THREAD: the task's executor, but for persist() and write(). One snapshot is under way at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/state.h"
#include "runtime/base/error.h"
#include "runtime/state/slot_index.h"

namespace penstock::state {

/// Codes of errors after which this state cannot be saved any more, while what was saved before is as good as ever: a
/// sync failed, and is never tried again on the same file; or the tier takes no more.
inline constexpr const char* kStateSyncFailed = "state_sync_failed";
inline constexpr const char* kStateStopped = "state_stopped";
inline bool is_past_saving(const base::Error& error) {
  return error.code == kStateSyncFailed || error.code == kStateStopped;
}

/// A file of a saved state, in the directory that was asked for.
struct SavedFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
  bool is_new = true;  ///< Not a link to what an earlier checkpoint of this run had written.
};

/// The state of a former task, or of several: whose key groups they had, and where their files are.
struct FormerState {
  std::string directory;
  GroupRange groups;
  std::vector<SavedFile> files;      ///< As they must be; another size or a missing one is an error.
  std::vector<std::string> nodes{};  ///< That had their state there.
};

struct TaskStateOptions {
  GroupRange groups;      ///< That this task owns.
  std::string directory;  ///< For the tier, of its own, empty; "": keyed state stays in memory and is not saved.
  std::vector<FormerState> former{};  ///< Goes on from these; what belongs to other tasks' groups is left out.
  std::size_t memory_bytes = 0;       ///< For tables that are `evictable`; 0: no limit.
  std::vector<std::string>
      nodes{};  ///< That are in this task; former state of others is none of its business. Empty: any.
};

/// What has changed, copied out and on its way to the tier.
class StateDelta {
 public:
  virtual ~StateDelta() = default;
  virtual std::size_t bytes() const = 0;
};

class TaskState {
 public:
  virtual ~TaskState() = default;
  /// The same for the same node; lives as long as this. Durable tables are made after open().
  virtual api::StateStore& store_of(std::string_view node) = 0;
  /// Opens the tier and what is to be gone on from; entries are read when they are asked for. May block. Codes:
  /// state_damaged, state_unreadable, state_write_failed.
  virtual base::Result<void> open() = 0;

  virtual bool is_saved() const = 0;  ///< There is a tier.
  virtual void flip() = 0;
  virtual bool copy(std::size_t entries) = 0;  ///< Copies about so many more entries; true: that was all.
  virtual std::unique_ptr<StateDelta> take() = 0;
  /// Writes the delta to the tier and a whole, durable image of the tier's files to `directory`, which is there and
  /// empty. On the blocking thread. Codes: state_write_failed, disk_full, kStateSyncFailed, kStateStopped.
  virtual base::Result<std::vector<SavedFile>> persist(std::unique_ptr<StateDelta> delta,
                                                       const std::string& directory) = 0;

  /// Between two runs: gives up memory of evictable tables where they are over the budget. Cheap when they are not.
  /// True: something was given up.
  virtual bool tend() = 0;
  /// Much of what was given up is not in the tier yet, and still in memory on its way there: take_evicted() and write()
  /// should be called now, whether there is a checkpoint or not, unless a snapshot is under way.
  virtual bool wants_to_write() const = 0;
  virtual std::unique_ptr<StateDelta> take_evicted() = 0;
  /// So far overdrawn that no more rows should be taken until that has been done.
  virtual bool is_full() const = 0;
  /// Writes the delta to the tier and nothing else. On the blocking thread. Codes: state_write_failed, disk_full.
  virtual base::Result<void> write(const StateDelta& delta) = 0;
  /// Tables, and deltas and files of the tier as far as they are in memory.
  virtual std::uint64_t memory_used() const = 0;
  /// A read or write of the tier has failed while tables were used: the task cannot go on.
  virtual const base::Error* fault() const = 0;
};

std::unique_ptr<TaskState> make_task_state(TaskStateOptions options);

}  // namespace penstock::state
