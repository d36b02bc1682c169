#include "runtime/coordinator/decide.h"

#include <algorithm>

#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/job_checkpoints.h"
#include "runtime/coordinator/job_life.h"
#include "runtime/coordinator/journal.h"
#include "runtime/coordinator/poison.h"
#include "runtime/coordinator/requests.h"
#include "runtime/coordinator/turn.h"
#include "runtime/coordinator/worker_life.h"

namespace penstock::coordinator {
namespace {

using proto::Envelope;

/// With it goes its checkpoint, unless another job has gone on from there.
void forget(Turn& turn, std::uint64_t id) {
  State& state = turn.state;
  const Checkpoints::Place place = state.past.at(id).place;
  state.past.erase(id);
  turn.forgotten.push_back({past_key(id), std::nullopt});
  const auto is_same = [&](const std::string& job, const std::string& store) {
    return job == place.job && store == place.store;
  };
  const auto is_used = [&](const Checkpoints& one) {  // It may have none of its own yet.
    return is_same(one.place.job, one.place.store) || is_same(one.place.job, one.restore_store);
  };
  const bool used =
      std::any_of(state.past.begin(), state.past.end(),
                  [&](const auto& one) { return is_same(one.second.place.job, one.second.place.store); }) ||
      std::any_of(state.jobs.begin(), state.jobs.end(),
                  [&](const auto& one) { return is_used(one.second.checkpoints); });
  if (!place.store.empty() && !used)
    turn.actions.emplace_back(RemoveCheckpoints{place.store, place.job, {}, 0, 0, true});
}

/// Details of the jobs that ended last are kept; of those before them what a list shows; then nothing.
void forget_oldest(Turn& turn) {
  State& state = turn.state;
  std::size_t ended = 0;
  for (const auto& [id, job] : state.jobs) ended += job.is_over() ? 1 : 0;
  for (auto at = state.jobs.begin(); ended > kMostEndedJobs && at != state.jobs.end();) {
    if (at->second.is_over()) {
      state.past.emplace(at->first, past_job(at->second, at->second.times.ended));
      at = state.jobs.erase(at);
      --ended;
    } else {
      ++at;
    }
  }
  while (state.past.size() > kMostPastJobs) forget(turn, state.past.begin()->first);
}

void take(Turn& turn, const TimePassed&) {
  on_time_of_workers(turn);
  for (auto& [id, job] : turn.state.jobs) on_time(turn, job);
  forget_oldest(turn);
}

void take(Turn& turn, const MessageCame& came) {
  const Envelope& message = came.message;
  switch (message.body_case()) {
    case Envelope::kRegisterWorker:
      return on_register(turn, came.from, message.register_worker());
    case Envelope::kHeartbeat:
      return on_heartbeat(turn, came.from, message.heartbeat());
    case Envelope::kLeave:
      return on_leave(turn, came.from, message.leave());
    case Envelope::kRequest:
      return on_request(turn, came.from, message.request());
    default:
      return turn.tell("debug", "a message came that only a coordinator sends; it was left out");
  }
}

void take(Turn& turn, const SubmitCame& came) { on_submit(turn, came); }
void take(Turn& turn, const PeerUnreachable& gone) { on_unreachable(turn, gone.peer); }
void take(Turn& turn, const ManifestWritten& written) {
  const auto job = turn.state.jobs.find(written.job);
  if (job == turn.state.jobs.end()) return;
  on_manifest_written(turn, job->second, written);
  advance(turn, job->second);
}
void take(Turn& turn, const FinishNoted& noted) {
  const auto job = turn.state.jobs.find(noted.job);
  if (job == turn.state.jobs.end()) return;
  job->second.ending.note = Job::Ending::Note::kDone;
  advance(turn, job->second);
}
void take(Turn& turn, const WorkRead& read) {
  const auto job = turn.state.jobs.find(read.job);
  if (job == turn.state.jobs.end() || job->second.is_over()) return;
  on_work_read(turn, job->second, read);
  advance(turn, job->second);
}
void take(Turn& turn, const ConnectionBroke&) { probe_all(turn); }
void take(Turn& turn, const Paused& paused) { on_paused(turn, paused.length); }

}  // namespace

std::vector<Action> decide(State& state, const Event& event) {
  std::vector<Action> actions;
  Turn turn{state, event.now, event.wall, actions};
  std::visit([&turn](const auto& what) { take(turn, what); }, event.what);
  write_journal(turn);
  return actions;
}

base::Micros next_due(const State& state) {
  base::Micros due = base::kEndOfTime;
  for (const auto& [id, job] : state.jobs) {
    if (job.step == Step::kRunning) due = std::min(due, job.checkpoints.cycle->due());
    if (job.step == Step::kRecovering && job.recovery.not_before > 0) due = std::min(due, job.recovery.not_before);
  }
  return due;
}

}  // namespace penstock::coordinator
