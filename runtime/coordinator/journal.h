/// What of the state outlives the coordinator, as entries of a MetaStore. Pure.
///
///   job/N        JournalJob: what was submitted
///   job/N/state  JournalState: attempt, places, numbers given, complete checkpoints, how it is to end
///   job/N/log    JournalLog
///   past/N       KeptJob: a job that is over; takes the place of the three
///
/// It follows the state: after each decision the entries of the jobs that it touched are put together anew, and written
/// where they differ. So a decision cannot forget to write something.
#pragma once

#include <functional>

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

std::string past_key(std::uint64_t job);

/// Adds the Journal action, first of all, when there is something to write.
void write_journal(Turn& turn);

using LoadPlan = std::function<base::Result<std::shared_ptr<const topology::Plan>>(const proto::Submit& submit)>;

/// The state of a coordinator that begins with this journal. Jobs that were not over are in the step kRelearning, or in
/// the one in which they were ending. Their newest checkpoints are still to be read: see newest_checkpoint(). Code
/// journal_damaged.
base::Result<void> recall(State& state, const std::map<std::string, std::string>& entries, const LoadPlan& plan_of,
                          base::Micros now, base::Micros wall);

/// The checkpoint that has to be read for a job that was recalled; nullopt: none.
std::optional<proto::CheckpointSummary> newest_checkpoint(const Job& job);

}  // namespace penstock::coordinator
