/// Checkpoints of a job's part in a worker process: where they go, what the part is restored from, and what is told of
/// them. THREAD: the job's keeper.
#pragma once

#include <optional>
#include <string>

#include "proto/control.pb.h"
#include "runtime/worker/checkpoint_desk.h"
#include "runtime/worker/snapshot_format.h"
#include "runtime/worker/wiring.h"

namespace penstock::worker {

struct HostedCheckpoints {
  CheckpointSetup setup;
  std::optional<RestoredJob> restored;

  /// `state_directory`: of the worker, where keyed state lies while it is worked on; "": beside the checkpoints. Codes:
  /// bad_store, store_not_shared, and as RestoredJob::load.
  static base::Result<HostedCheckpoints> open(const proto::CheckpointPlace& place, std::uint32_t attempt,
                                              const topology::Plan& plan, const std::string& state_directory);
  /// Of the tasks that are here: the attempt is over.
  void remove_tiers(const topology::Plan& plan, const JobPlace& place) const;
};

/// `begun`: the newest checkpoint that the part was told to begin.
void show_checkpoints(const CheckpointDesk::Progress& progress, std::uint64_t begun, proto::JobReport& report);

}  // namespace penstock::worker
