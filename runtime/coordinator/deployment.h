/// From a submitted topology to a job with a place for each task and a window for each channel. Pure.
#pragma once

#include "runtime/coordinator/decide.h"

namespace penstock::coordinator {

/// The workers that may get tasks now. For a job that is placed again: without those that it avoids, and what it has
/// there itself does not count.
std::vector<PlaceableWorker> placeable_workers(const State& state, const Job* again = nullptr);

/// The job, not yet numbered. Code cannot_place.
base::Result<Job> deployment(const State& state, const SubmitCame& came);

/// Where the job would be (again) now. Code cannot_place.
base::Result<Placement> placement_for(const State& state, const Job& job);

/// Gives the job this placement: its parts, channels and cycle of checkpoints are those of a new attempt.
void lay_out(const State& state, Job& job, Placement placement);

int tasks_on(const Job& job, std::size_t part);

checkpoint::CycleTiming checkpoint_timing(const State& state, const Job& job);

/// The most that one channel to this worker may have in flight.
std::uint64_t window_limit_of(const State& state, const std::string& worker);

/// "w1: 2 tasks on 1 executor; w2: 3 tasks on 2 executors"
std::string placement_in_words(const Job& job);

}  // namespace penstock::coordinator
