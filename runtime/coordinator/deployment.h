/// From a submitted topology to a job with a place for each task and a window for each channel. Pure.
#pragma once

#include "runtime/coordinator/decide.h"

namespace penstock::coordinator {

/// The workers that may get tasks now.
std::vector<PlaceableWorker> placeable_workers(const State& state);

/// The job, not yet numbered. Code cannot_place.
base::Result<Job> deployment(const State& state, const SubmitCame& came);

/// The most that one channel to this worker may have in flight.
std::uint64_t window_limit_of(const State& state, const std::string& worker);

/// "w1: 2 tasks on 1 executor; w2: 3 tasks on 2 executors"
std::string placement_in_words(const Job& job);

}  // namespace penstock::coordinator
