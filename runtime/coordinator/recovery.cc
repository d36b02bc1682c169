#include "runtime/coordinator/recovery.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/failpoint.h"
#include "runtime/coordinator/deployment.h"
#include "runtime/coordinator/directives.h"
#include "runtime/coordinator/job_checkpoints.h"
#include "runtime/coordinator/job_end.h"
#include "runtime/coordinator/measurement.h"
#include "runtime/coordinator/poison.h"

namespace penstock::coordinator {
namespace {

bool is_lost_worker(const proto::Error& cause) { return cause.code() == "worker_lost"; }

/// Of several that tell of one failure: who was lost says more than what a worker says of itself, and that says more
/// than what others noticed of it.
int weight(const proto::Error& cause) {
  if (is_lost_worker(cause)) return 2;
  return is_hearsay(cause) ? 0 : 1;
}

/// Again and again the same, most likely: what is known of it already says more than what others noticed this time.
const proto::Error& best_known(const Job& job, const proto::Error& cause) {
  const auto& before = job.recovery.cause;
  return before && is_hearsay(cause) && !is_hearsay(*before) ? *before : cause;
}

/// What interrupted the job is already being dealt with; another tells of it too.
void learn_cause(Turn& turn, Job& job, proto::Error cause) {
  if (job.recovery.cause && weight(cause) <= weight(*job.recovery.cause)) return;
  turn.note(job, "warn", "the cause: " + cause_in_words(cause));
  job.recovery.cause = std::move(cause);
}

/// Counts the interruption; nullopt: this was one too many. How long the next attempt waits.
std::optional<base::Micros> pause_before_next(const Timing& timing, Job& job, const proto::Error& cause) {
  Recovery::Count& count = job.recovery.count;
  const bool ran = job.step == Step::kRunning;
  if (job.checkpoints.completed >= kGotFurther) {
    count.in_a_row = count.losses = 0;
    forget_at_work(job);
  }
  if (!ran && is_lost_worker(cause) && count.losses < kFreeLosses) {
    ++count.losses;
    return 0;
  }
  if (++count.in_a_row > kMostFailuresInARow) return std::nullopt;
  if (count.in_a_row == 1) return 0;
  return std::min(timing.restart_at_most, timing.restart_after << (count.in_a_row - 2));
}

proto::Error too_many_failures(const Job& job, const proto::Error& cause) {
  proto::Error out = cause;
  out.set_code("restarts_without_progress");
  out.set_text(fmt::format(
      "it was interrupted {} times in a row without getting further; the last time: {} [{}]{}{}; mend the cause, then: "
      "penstock submit --from {}",
      kMostFailuresInARow + 1, cause.text(), cause.code(),
      cause.where().empty() ? "" : fmt::format(" (at {})", cause.where()), most_suspect(job), job.id));
  out.set_restart_helps(false);
  return out;
}

void suspect_worker(Turn& turn, Job& job, const std::string& name) {
  const auto worker = turn.state.workers.find(name);
  if (worker == turn.state.workers.end() || worker->second.is_lost()) return;
  job.recovery.suspects[name] = worker->second.sequence;
  turn.send(worker->second.peer, acknowledgement(worker->second));  // Finds out whether its connection still stands.
}

void clear_suspects(const State& state, Job& job) {
  std::erase_if(job.recovery.suspects, [&](const auto& suspect) {
    const auto worker = state.workers.find(suspect.first);
    return worker == state.workers.end() || worker->second.is_lost() || worker->second.sequence != suspect.second;
  });
}

void take_down(Turn& turn, Job& job, proto::Error cause, base::Micros pause) {
  turn.note(job, "warn", "interrupted: " + cause_in_words(cause));
  if (job.step == Step::kRunning)  // Perhaps amid a replay, which has further to go.
    job.recovery.caught_up_at = std::max(job.recovery.caught_up_at.value_or(0), rows_from_sources(job));
  if (job.step == Step::kRelearning) job.recovery.doubling.distance = 0;
  Recovery& recovery = job.recovery;
  recovery.cause = std::move(cause);
  recovery.since = turn.now;
  recovery.not_before = turn.now + pause;
  recovery.waits_for = pause > 0 ? fmt::format("{} to pass, as it was interrupted {} times in a row",
                                               length_of_time(pause), recovery.count.in_a_row)
                                 : "";
  ++recovery.count.restarts;
  job.step = Step::kRecovering;
  job.waiting.deadline = base::kEndOfTime;
  base::failpoint("coordinator.job.interrupted");
}

void leave_behind(Job& job) {
  for (const Part& part : job.parts)
    if (!part.settled())
      job.recovery.leftovers.push_back({part.worker, part.incarnation, job.attempt, part.reported, 0});
}

std::string begins_with(const Job& job) {
  const auto& restore = job.checkpoints.restore;
  return restore ? fmt::format("from checkpoint {}", restore->epoch()) : std::string("from the beginning");
}

/// Whoever starts lost workers again is given the time for it.
bool awaits_replacements(const Turn& turn, const Job& job) {
  if (turn.now - job.recovery.since >= turn.state.timing.replacement) return false;
  return std::any_of(job.parts.begin(), job.parts.end(), [&](const Part& part) {
    const auto known = turn.state.workers.find(part.worker);
    return part.gone && (known == turn.state.workers.end() || known->second.is_lost() || !known->second.reported);
  });
}

/// Workers that hung with the job get another chance when there is nobody else.
base::Result<Placement> place_anew(const State& state, Job& job) {
  auto placement = placement_for(state, job);
  if (placement || job.recovery.avoided.empty()) return placement;
  job.recovery.avoided.clear();
  return placement_for(state, job);
}

void wait_for_workers(Turn& turn, Job& job, const std::string& why) {
  if (job.recovery.waits_for == why) return;
  job.recovery.waits_for = why;
  turn.note(job, "warn", "waits for a worker: " + why + "; or end it: penstock cancel " + std::to_string(job.id));
}

void go_on_without_checkpoints(Turn& turn, Job& job, const std::string& workers) {
  turn.note(job, "warn",
            fmt::format("runs without recovery: {} cannot see {}, where the coordinator keeps checkpoints; name a "
                        "directory that all hosts share: penstock coordinator --checkpoints file:///DIR",
                        workers, job.checkpoints.place.store));
  turn.actions.emplace_back(RemoveCheckpoints{job.checkpoints.place.store, job.checkpoints.place.job, {}, 0, 0, true});
  job.checkpoints.place = {};
  job.step = Step::kRecovering;
  job.recovery.not_before = turn.now;
}

/// Once it has run, sources may have written down there what cannot be had again.
bool may_do_without_checkpoints(const Job& job) {
  const Checkpoints& checkpoints = job.checkpoints;
  return !checkpoints.restore && !checkpoints.own && !checkpoints.place.lasting && !job.times.running_since;
}

Leftover* find(Job& job, const Worker& worker, std::uint32_t attempt) {
  auto& all = job.recovery.leftovers;
  const auto at = std::find_if(all.begin(), all.end(), [&](const Leftover& one) {
    return one.worker == worker.name() && one.incarnation == worker.incarnation() && one.attempt == attempt;
  });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace

bool is_hearsay(const proto::Error& cause) { return cause.code() == "peer_lost" || cause.code() == "channel_broken"; }

proto::Error cause_told_by(const std::string& worker, const proto::JobReport& report) {
  proto::Error cause = report.error();
  if (cause.code().empty()) cause = error("worker_failed", "a worker gave up without a word");
  cause.set_where(cause.where().empty() ? "worker " + worker : cause.where() + ", worker " + worker);
  return cause;
}

std::string cause_in_words(const proto::Error& cause) { return fmt::format("{} [{}]", cause.text(), cause.code()); }

void interrupt(Turn& turn, Job& job, proto::Error cause, const std::string& suspect) {
  if (!is_recoverable(job) || !cause.restart_helps()) return fail(turn, job, std::move(cause), turn.now);
  if (!suspect.empty()) suspect_worker(turn, job, suspect);
  if (job.step == Step::kRecovering) return learn_cause(turn, job, std::move(cause));
  const auto pause = pause_before_next(turn.state.timing, job, cause);
  if (!pause) return fail(turn, job, too_many_failures(job, best_known(job, cause)), turn.now);
  if (job.checkpoints.damage) return fail(turn, job, *job.checkpoints.damage, turn.now);
  take_down(turn, job, std::move(cause), *pause);
}

void restart_where_possible(Turn& turn, Job& job) {
  Recovery& recovery = job.recovery;
  if (job.step != Step::kRecovering || turn.now < recovery.not_before) return;
  recovery.not_before = 0;
  clear_suspects(turn.state, job);
  if (!recovery.suspects.empty() || awaits_replacements(turn, job)) return;
  auto placement = place_anew(turn.state, job);
  if (!placement) return wait_for_workers(turn, job, placement.error().text);
  leave_behind(job);
  lay_out(turn.state, job, std::move(*placement));
  ++job.attempt;
  base::failpoint("coordinator.attempt.raised");
  look_closer_where_needed(turn, job);
  recovery.waits_for.clear();
  turn.note(job, "info", fmt::format("attempt {} {}: {}", job.attempt, begins_with(job), placement_in_words(job)));
  enter(turn, job, Step::kAssigning, turn.state.timing.deploy_step);
}

void look_for_workers_without_store(Turn& turn, Job& job) {
  std::string workers;
  for (const Part& part : job.parts) {
    if (part.phase() == proto::PHASE_UNKNOWN && !part.gone) return;
    if (part.report.error().code() == "store_not_shared") workers += (workers.empty() ? "" : ", ") + part.worker;
  }
  if (workers.empty()) return;
  const auto& nodes = job.work.plan->nodes;
  const auto is_firm = [](const auto& node) {
    return node.delivery_asked && node.delivery == topology::Delivery::kExactlyOnce;
  };
  const bool is_optional = may_do_without_checkpoints(job);
  if (is_optional && std::any_of(nodes.begin(), nodes.end(), is_firm))
    return fail(turn, job,
                error("store_not_shared",
                      fmt::format("the topology asks for exactly_once, and {} cannot see {}; name a directory that "
                                  "all hosts share: penstock coordinator --checkpoints file:///DIR",
                                  workers, job.checkpoints.place.store)),
                turn.now);
  if (job.checkpoints.damage) return fail(turn, job, *job.checkpoints.damage, turn.now);
  if (is_optional) return go_on_without_checkpoints(turn, job, workers);
  for (const Part& part : job.parts)
    if (part.report.error().code() == "store_not_shared") job.recovery.avoided.insert({part.worker, part.incarnation});
  auto cause = error("store_not_shared", fmt::format("{} cannot see {}, where the checkpoints of this job are", workers,
                                                     job.checkpoints.place.store));
  if (placement_for(turn.state, job)) return take_down(turn, job, std::move(cause), 0);
  interrupt(turn, job, std::move(cause));  // Nobody is left who might: not at once, and not for ever.
}

/// It labels what has happened and decides nothing: the worker may have met its error only after it was replaced, and
/// what is the user's to mend the present attempt will meet itself.
void on_leftover(Turn& turn, Job& job, const Worker& worker, const proto::JobReport& report) {
  const bool starts_again = job.step > Step::kRecovering && job.step < Step::kRunning;
  const bool may_tell = job.recovery.cause && report.error().restart_helps();
  if (starts_again && report.attempt() + 1 == job.attempt && may_tell)
    learn_cause(turn, job, cause_told_by(worker.name(), report));
  Leftover* leftover = find(job, worker, report.attempt());
  if (leftover == nullptr && report.phase() != proto::RELEASED)
    leftover =
        &job.recovery.leftovers.emplace_back(Leftover{worker.name(), worker.incarnation(), report.attempt(), true, 0});
  if (leftover != nullptr) leftover->reported = true;
}

void forget_unheard(Turn& turn, Job& job) {
  if (turn.now - job.recovery.since < turn.state.timing.lease) return;
  std::erase_if(job.recovery.leftovers, [&](const Leftover& one) {
    const auto known = turn.state.workers.find(one.worker);
    return known == turn.state.workers.end() || known->second.incarnation() != one.incarnation;
  });
}

void on_leftovers_reported(Turn&, Job& job, const Worker& worker, const proto::Heartbeat& heartbeat) {
  std::erase_if(job.recovery.leftovers, [&](const Leftover& leftover) {
    if (leftover.worker != worker.name() || leftover.incarnation != worker.incarnation()) return false;
    const auto report = std::find_if(heartbeat.jobs().begin(), heartbeat.jobs().end(), [&](const auto& one) {
      return one.job() == job.id && one.attempt() == leftover.attempt;
    });
    return report == heartbeat.jobs().end() ? leftover.reported : report->phase() == proto::RELEASED;
  });
}

void forget_worker(Job& job, const Worker& worker) {
  std::erase_if(job.recovery.leftovers, [&](const Leftover& one) {
    return one.worker == worker.name() && one.incarnation == worker.incarnation();
  });
  job.recovery.suspects.erase(worker.name());
}

}  // namespace penstock::coordinator
