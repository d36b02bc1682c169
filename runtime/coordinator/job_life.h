/// A job from its submission to its end: assign, connect, start on all workers, run, release; or fail, or be cancelled.
/// A step is taken only when all of the job's workers have reached the one before.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// Places the job and begins to deploy it. The number of the job, or why there is none. A submit that was heard before
/// (Submit::key) gives the job that it made.
base::Result<std::uint64_t> submit(Turn& turn, const SubmitCame& came);

/// The job that a submit of this key (Submit::key) has made already, be it over or not.
std::optional<std::uint64_t> job_of_submit(const State& state, std::uint64_t key);

/// What a worker says of its part.
void on_report(Turn& turn, Job& job, std::size_t part, const proto::JobReport& report);
/// A heartbeat of this worker did not name the job.
void on_not_reported(Turn& turn, Job& job, std::size_t part);
/// The worker is gone; `cause` names it and says how that was seen.
void on_worker_lost(Turn& turn, Job& job, std::size_t part, const proto::Error& cause);

/// `drain`: sources end as if exhausted. Else the job ends with a checkpoint from which another can go on, if it has a
/// place for one.
void ask_to_stop(Turn& turn, Job& job, bool drain);
void ask_to_cancel(Turn& turn, Job& job);
/// Now, or as soon as the job runs. Its number, or one below it.
std::uint64_t ask_for_checkpoint(Turn& turn, Job& job);

/// Takes every step that can be taken now, and tells the workers.
void advance(Turn& turn, Job& job);

/// Deadlines, causes that have become firm, directives that have not taken effect.
void on_time(Turn& turn, Job& job);

/// The part of this worker in a job that is not over; nullopt: it has none.
std::optional<std::size_t> part_of(const Job& job, const std::string& worker, std::uint64_t incarnation);

}  // namespace penstock::coordinator
