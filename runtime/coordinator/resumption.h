/// What `submit --from` names: a checkpoint of a job that is over, or one that lies somewhere else. Reads the store.
#pragma once

#include <string>

#include "runtime/coordinator/decide.h"

namespace penstock::coordinator {

/// `from`: "JOB", "JOB/EPOCH", or the directory of a checkpoint, ".../JOB/EPOCH-ATTEMPT", as a path or URL. Codes:
/// unknown_job, job_is_live, no_checkpoint, bad_store, and those of CheckpointStore::get_manifest.
base::Result<Resumption> find_checkpoint(const State& state, const std::string& from);

/// Whether the topology that came can go on from there. Code state_does_not_fit: what fits, what is new, what would be
/// lost.
base::Result<void> check_fit(const SubmitCame& came);

}  // namespace penstock::coordinator
