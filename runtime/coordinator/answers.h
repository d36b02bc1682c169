/// What clients are shown, put together from the state. Pure.
#pragma once

#include "runtime/coordinator/state.h"

namespace penstock::coordinator {

proto::JobState state_of(const Job& job);
proto::JobSummary summary_of(const Job& job, base::Micros now);
PastJob past_job(const Job& job, base::Micros now);

/// All that are remembered, by number.
proto::JobList job_list(const State& state, base::Micros now);
/// By name. A worker that has only just registered is not there yet: nothing can be placed on it.
proto::WorkerList worker_list(const State& state, base::Micros now);
proto::JobStatus status_of(const State& state, const Job& job, base::Micros now, base::Micros wall);
proto::JobStatus status_of(const PastJob& job);
proto::CheckpointList checkpoint_list(const Job& job, base::Micros now);
proto::CheckpointList checkpoint_list(const PastJob& job);
/// Lines from number `from` on, as many as fit a message.
proto::LogPage log_page(const Job& job, std::uint64_t from);
proto::LogPage log_page(const PastJob& job, std::uint64_t from);

/// The live or remembered job that a user means by a number or a name (the newest of that name). nullopt: none.
std::optional<std::uint64_t> find_job(const State& state, const std::string& number_or_name);

}  // namespace penstock::coordinator
