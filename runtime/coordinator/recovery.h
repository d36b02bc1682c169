/// How a job with a place for its checkpoints goes on after an interruption: a worker lost, a connection broken, an
/// error against which another try may help. The attempt is taken down wherever it still is, the next one is placed
/// anew over all workers that are there and begins with the newest complete checkpoint. Survivors build their new part
/// while they let go of the old one; channels are opened once nothing is left of it. Every step follows from a report;
/// time only bounds.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// The job is interrupted, or fails where it cannot go on. `suspect`: a worker that may be lost too; the next attempt
/// waits until it has been heard of, or is known to be lost.
void interrupt(Turn& turn, Job& job, proto::Error cause, const std::string& suspect = {});

/// Begins the next attempt as soon as there is nothing to wait for and it can be placed.
void restart_where_possible(Turn& turn, Job& job);

/// Workers that failed with `store_not_shared`: once all have said how they see the store, the job goes on without
/// checkpoints, or without those workers when it has something to remember already.
void look_for_workers_without_store(Turn& turn, Job& job);

/// The report of an earlier attempt. That of the last one may say why it ended, which others have only noticed so far.
void on_leftover(Turn& turn, Job& job, const Worker& worker, const proto::JobReport& report);
/// What an earlier attempt left on workers of whom this coordinator has not heard since it began is waited for as long
/// as a lease: they are dead or cut off, and can publish nothing any more.
void forget_unheard(Turn& turn, Job& job);
/// This worker names nothing of the job's earlier attempts but what is in its heartbeat.
void on_leftovers_reported(Turn& turn, Job& job, const Worker& worker, const proto::Heartbeat& heartbeat);
/// Nothing is left on a worker that is lost, and nobody waits to hear of it.
void forget_worker(Job& job, const Worker& worker);

/// What another worker's end looks like from here; who it was, and why, may still be found out.
bool is_hearsay(const proto::Error& cause);
/// Why this worker gave up, and where.
proto::Error cause_told_by(const std::string& worker, const proto::JobReport& report);
/// "its connection has broken [worker_lost]", for people; when the job is interrupted.
std::string cause_in_words(const proto::Error& cause);

}  // namespace penstock::coordinator
