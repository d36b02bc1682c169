/// `run --state DIR`: what a run leaves for the next one, so that the same command goes on where it stopped.
///
///   DIR/lock          held by the run that is using DIR
///   DIR/run           the job's identity and the number of its newest attempt, durable before that is used
///   DIR/checkpoints/  unless the topology names a store of its own
///   DIR/tier/         keyed state while it is worked on
///   DIR/work          what the tasks are at; left by a run that died
///   DIR/deaths        what such runs were at, since the newest checkpoint
///
/// THREAD: main.
#pragma once

#include <optional>
#include <string>

#include "runtime/checkpoint/deaths.h"
#include "runtime/worker/local_job.h"

namespace penstock::tools {

class RunState {
 public:
  /// Codes: state_in_use, state_unusable, state_does_not_fit (unless `allow_state_loss`), and as CheckpointStore: a
  /// newest checkpoint that cannot be read is an error that says how to go on without it, never passed over.
  static base::Result<RunState> open(const std::string& directory, const topology::Plan& plan, bool allow_state_loss);
  RunState(RunState&& other) noexcept;
  RunState& operator=(RunState&&) = delete;
  ~RunState();  ///< Lets go of the directory.

  /// What a job in this process needs of it.
  void give_to(worker::JobOptions& options) const;
  const std::optional<proto::Manifest>& restore() const { return restore_; }  ///< nullopt: the run begins anew.
  /// The run has come to its end, and all its results are published: there is nothing to go on with.
  bool finished() const { return restore_ && restore_->last() && restore_->published(); }
  const std::string& directory() const { return directory_; }
  /// What the processes that died since that checkpoint were at.
  const checkpoint::Deaths& deaths() const { return deaths_; }

 private:
  explicit RunState(std::string directory) : directory_(std::move(directory)) {}
  base::Result<void> take_lock();
  base::Result<void> begin_attempt(const topology::Plan& plan);
  base::Result<void> find_checkpoint(const topology::Plan& plan);
  base::Result<void> check_fit(const topology::Plan& plan) const;
  void count_deaths();
  std::string directory_;
  int lock_ = -1;
  api::RunIdentity run_;
  std::shared_ptr<checkpoint::CheckpointStore> store_;
  std::optional<proto::Manifest> restore_;
  std::uint64_t last_epoch_ = 0;  // Highest number of which there is any trace.
  checkpoint::Deaths deaths_;
};

}  // namespace penstock::tools
