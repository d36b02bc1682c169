/// `run --state DIR`: what a run leaves for the next one, so that the same command goes on where it stopped.
///
///   DIR/lock          held by the run that is using DIR, and by its worker processes
///   DIR/run           the job's identity and the highest number that an attempt may have, durable before that is used,
///                     and, for people, where its checkpoints are
///   DIR/checkpoints/  unless the topology names a store of its own
///   DIR/tier/         keyed state while it is worked on
///   DIR/work          what the tasks are at; left by a run that died
///   DIR/deaths        what such runs were at, since the newest checkpoint
///
/// THREAD: main.
#pragma once

#include <optional>
#include <string>

#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/deaths.h"
#include "runtime/coordinator/decide.h"
#include "runtime/worker/local_job.h"

namespace penstock::tools {

class RunState {
 public:
  struct How {
    bool allow_state_loss = false;
    bool workers = false;  ///< The run is one of worker processes: it may come to more than one attempt.
  };
  /// Codes: state_in_use, state_unusable, state_does_not_fit (unless `allow_state_loss`), and as CheckpointStore: a
  /// newest checkpoint that cannot be read is an error that says how to go on without it, never passed over; of older
  /// ones that cannot a warning tells.
  static base::Result<RunState> open(const std::string& directory, const topology::Plan& plan, How how);
  RunState(RunState&& other) noexcept;
  RunState& operator=(RunState&&) = delete;
  ~RunState();  ///< Lets go of the directory.

  /// What a job in this process needs of it.
  void give_to(worker::JobOptions& options) const;
  /// The same for a private coordinator.
  coordinator::Resumption resumption() const;
  int lock() const { return lock_; }  ///< Whoever holds the descriptor holds the directory.
  std::string tier_directory() const { return directory_ + "/tier"; }
  const std::optional<proto::Manifest>& restore() const { return restore_; }  ///< nullopt: the run begins anew.
  /// The run has come to its end, and all its results are published: there is nothing to go on with.
  bool finished() const { return finished_; }
  std::string checkpoint_in_words() const;  ///< Of restore(): its number and time.
  const std::string& directory() const { return directory_; }
  /// What the processes that died since that checkpoint were at.
  const checkpoint::Deaths& deaths() const { return deaths_; }

 private:
  explicit RunState(std::string directory) : directory_(std::move(directory)) {}
  base::Result<void> take_lock();
  base::Result<void> recall(const topology::Plan& plan);
  base::Result<void> open_store(const topology::Plan& plan);
  base::Result<void> find_checkpoints();
  void tell_unreadable();
  base::Result<void> begin_attempts(std::uint32_t count);
  base::Result<void> check_fit(const topology::Plan& plan) const;
  void count_deaths();
  std::string directory_;
  int lock_ = -1;
  api::RunIdentity run_;
  std::string place_, former_place_;  // Of the store, now and in the run before; "": there was none.
  std::shared_ptr<checkpoint::CheckpointStore> store_;
  std::vector<proto::Manifest> kept_;
  std::vector<checkpoint::EpochName> unreadable_;  // Older than the newest of those.
  std::optional<proto::Manifest> restore_;
  bool finished_ = false;
  std::uint64_t last_epoch_ = 0;  // Highest number of which there is any trace.
  checkpoint::Deaths deaths_;
};

/// On standard error, where the run goes on from a checkpoint: from which.
void say_restored(const RunState& state);
/// Of one that has finished: that there is nothing to do.
void say_finished(const std::string& name, const RunState& state);

}  // namespace penstock::tools
