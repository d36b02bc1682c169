/// A node's counters in a checkpoint, so that the accounting of a job goes on over restarts: what was counted behind
/// the checkpoint is counted again when it is replayed. After a change of parallelism the sums are dealt to the first
/// task.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/api/counters.h"
#include "runtime/api/snapshot.h"

namespace penstock::task {

using ErrorCounts = std::map<std::string, std::uint64_t>;

void save_counts(const api::Counters& counters, const ErrorCounts& errors, api::SavedParts& parts);
void restore_counts(const api::Restored& restored, api::Counters& counters, ErrorCounts& errors);

}  // namespace penstock::task
