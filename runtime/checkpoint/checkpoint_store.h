/// Where a job's checkpoints are kept: `file:///DIR`. One directory a job (JOB is RunIdentity::job):
///
///   DIR/JOB/token                       proves to a worker that it sees the same directory as the others
///   DIR/JOB/EPOCH-ATTEMPT/CHAIN-INSTANCE/snapshot   a TaskSnapshot, beside the files of its keyed state
///   DIR/JOB/EPOCH-ATTEMPT/manifest      a Manifest; written last: with it the checkpoint is complete
///   DIR/JOB/finished                    its input has ended and all is published
///   DIR/JOB/journal/                    what sources with `journal: true` have taken in
///   DIR/JOB/tier-ATTEMPT/CHAIN-INSTANCE/    where tasks keep their keyed state while they work, unless told otherwise
///   DIR/JOB/work-ATTEMPT-WORKER         what the tasks of a worker are at
///
/// A checkpoint is whole in its own directory (files that did not change are links to those of the one before), so
/// removing one never touches another. Blocks. THREAD: any; each call stands for itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/checkpoint.pb.h"
#include "runtime/base/error.h"

namespace penstock::checkpoint {

/// In a job's directory; see check_token().
constexpr const char* kTokenFile = "token";

/// Name of an epoch's directory, and of a task's in it.
std::string epoch_directory(std::uint64_t epoch, std::uint32_t attempt);
std::string task_directory(const std::string& chain, std::uint32_t instance);

/// The number of an epoch's directory.
struct EpochName {
  std::uint64_t epoch = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(const EpochName&) const = default;
};
/// nullopt: it is none.
std::optional<EpochName> parse_epoch(const std::string& directory);

/// Its manifest is there, damaged or out of reach.
struct UnreadableCheckpoint {
  EpochName name;
  base::Error why;
};

/// A small interface, so that an object store can stand here.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// Makes the job's directory and its token. Code checkpoint_write_failed.
  virtual base::Result<std::string> begin_job(const std::string& job) = 0;
  /// Whether begin_job() has been here for it. Codes: checkpoint_missing, checkpoint_unreadable.
  virtual base::Result<void> find_job(const std::string& job) const = 0;
  /// Whether this process sees the directory in which that token was put. Code store_not_shared.
  virtual base::Result<void> check_token(const std::string& job, const std::string& token) const = 0;

  /// A directory on this machine in which a task's files are to be written; made anew and empty.
  virtual base::Result<std::string> begin_snapshot(const std::string& job, const std::string& relative) = 0;
  /// Everything in it is durable afterwards, under the handle's directory.
  virtual base::Result<proto::SnapshotHandle> put_snapshot(const std::string& job, const std::string& relative,
                                                           const proto::TaskSnapshot& snapshot) = 0;
  /// Reads and checks it. Codes: checkpoint_missing, checkpoint_damaged, checkpoint_version, checkpoint_unreadable.
  virtual base::Result<proto::TaskSnapshot> get_snapshot(const std::string& job,
                                                         const proto::SnapshotHandle& handle) const = 0;
  /// Where the files of a snapshot can be read on this machine.
  virtual std::string local_path(const std::string& job, const proto::SnapshotHandle& handle) const = 0;

  /// Where sources with `journal: true` keep what arrives; the same in every attempt, made by whoever writes first.
  virtual std::string journal_directory(const std::string& job) const = 0;
  virtual std::string tier_directory(const std::string& job, std::uint32_t attempt) const = 0;
  /// What the tasks of this worker are at (work_file.h), should it die.
  virtual std::string work_file(const std::string& job, std::uint32_t attempt, const std::string& worker) const = 0;
  /// Removes the tiers of attempts lower than `below`, and their work files.
  virtual base::Result<void> remove_tiers(const std::string& job, std::uint32_t below) = 0;

  /// When it fails the checkpoint is none (one that had a manifest before keeps one).
  virtual base::Result<void> put_manifest(const proto::Manifest& manifest) = 0;
  /// Codes: checkpoint_missing, checkpoint_damaged, checkpoint_version, checkpoint_unreadable.
  virtual base::Result<proto::Manifest> get_manifest(const std::string& job, std::uint64_t epoch,
                                                     std::uint32_t attempt) const = 0;
  /// Complete checkpoints of a job, oldest first; those without a manifest are none. When the newest manifest cannot be
  /// read that is an error that names it, never passed over; older ones that cannot are left out.
  virtual base::Result<std::vector<proto::Manifest>> list(const std::string& job) const = 0;
  /// Those that list() leaves out, or for which it fails.
  virtual base::Result<std::vector<UnreadableCheckpoint>> unreadable(const std::string& job) const = 0;
  /// The highest epoch of which there is any trace; 0: none. Code checkpoint_unreadable.
  virtual base::Result<std::uint64_t> highest_epoch(const std::string& job) const = 0;
  /// Removes one checkpoint (manifest first, so that a half removed one is none). No error when it is gone.
  virtual base::Result<void> remove(const std::string& job, std::uint64_t epoch, std::uint32_t attempt) = 0;
  /// Removes all with a lower epoch that have a manifest, whether it can be read or not.
  virtual base::Result<void> remove_older(const std::string& job, std::uint64_t below) = 0;
  /// Removes directories of checkpoints of this or an earlier attempt that have no manifest and whose epoch is lower
  /// than `below`: given up, or cut short by a crash.
  virtual base::Result<void> remove_unfinished(const std::string& job, std::uint64_t below) = 0;
  virtual base::Result<void> remove_job(const std::string& job) = 0;

  /// The job has come to the end of its input, and all its results are published. Sinks forget what they have shown
  /// after that, so that whoever went on from any of its checkpoints would show rows again.
  virtual base::Result<void> note_finished(const std::string& job) = 0;
  /// Code checkpoint_unreadable.
  virtual base::Result<bool> has_finished(const std::string& job) const = 0;
};

/// `url`: "file:///DIR" or a path. Code bad_store.
base::Result<std::unique_ptr<CheckpointStore>> open_store(const std::string& url);

}  // namespace penstock::checkpoint
