/// The checkpoints of a running job: begun, collected from its workers' reports, made durable, published, and given up
/// or let go of when they are no longer needed. See checkpoint/cycle.h for when.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// What the newest report of a part says of checkpoints.
void collect(Turn& turn, Job& job, std::size_t part);
/// Begins, completes and gives up, as is due. For a job that runs.
void tend_checkpoints(Turn& turn, Job& job);
/// A complete checkpoint counts from here on, unless its attempt has been replaced meanwhile.
void on_manifest_written(Turn& turn, Job& job, const ManifestWritten& written);
/// All tasks of this attempt run: what they were restored from has been published, and what earlier attempts worked on
/// is no longer needed.
void on_restored(Turn& turn, Job& job);

/// How a complete checkpoint is shown.
proto::CheckpointSummary summary_of(const Job& job, const proto::CheckpointSummary& kept);
/// Whether the job is one that can go on after an interruption.
bool is_recoverable(const Job& job);

}  // namespace penstock::coordinator
