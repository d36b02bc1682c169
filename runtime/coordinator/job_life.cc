#include "runtime/coordinator/job_life.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/failpoint.h"
#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/deployment.h"
#include "runtime/coordinator/directives.h"
#include "runtime/coordinator/job_checkpoints.h"
#include "runtime/coordinator/job_end.h"
#include "runtime/coordinator/measurement.h"
#include "runtime/coordinator/poison.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/coordinator/relearning.h"
#include "runtime/coordinator/resumption.h"

namespace penstock::coordinator {
namespace {

/// A worker names its error as soon as it has one, and its phase once what it had open is closed.
bool tells_why(const proto::JobReport& report) { return report.phase() == proto::FAILED || report.has_error(); }

bool all_reached(const Job& job, proto::Phase phase) {
  return std::all_of(job.parts.begin(), job.parts.end(),
                     [phase](const Part& part) { return part.phase() >= phase && part.phase() < proto::RELEASED; });
}

/// The first attempt is told step by step, later ones in one line when they run.
void note_step(Turn& turn, Job& job, const char* text) {
  if (job.recovery.count.restarts == 0) turn.note(job, "info", text);
}

void note_stop(Turn& turn, Job& job) {
  turn.note(
      job, "info",
      job.ending.drain ? "stops: sources end, what is on its way is processed" : "stops: takes a last checkpoint");
}

void run(Turn& turn, Job& job) {
  const bool again = job.times.running_since.has_value();
  if (!again) job.times.running_since = turn.now;
  if (!again) job.times.running_since_wall = turn.wall;
  turn.note(job, "info",
            again ? "runs again, " + length_of_time(turn.now - job.recovery.since) + " after it was interrupted"
                  : "runs, " + length_of_time(turn.now - job.times.submitted) + " after it was submitted");
  enter(turn, job, Step::kRunning, turn.state.timing.stuck_stop);
  job.checkpoints.cycle->on_running(turn.now);
  on_restored(turn, job);
  base::failpoint("coordinator.job.running");
  if (job.ending.stop_asked) note_stop(turn, job);
}

void take_next_step(Turn& turn, Job& job) {
  const Timing& timing = turn.state.timing;
  // What an earlier attempt holds on to (ports, files) must be free before sources and sinks are opened again.
  forget_unheard(turn, job);
  if (job.step == Step::kAssigning && all_reached(job, proto::ASSIGNED) && job.recovery.leftovers.empty()) {
    note_step(turn, job, "assigned: every worker has built its tasks");
    enter(turn, job, Step::kConnecting, timing.deploy_step);
    base::failpoint("coordinator.job.assigned");
  }
  if (job.step == Step::kConnecting && all_reached(job, proto::CONNECTED)) {
    note_step(turn, job, "connected: all channels are open");
    enter(turn, job, Step::kStarting, timing.deploy_step);
    base::failpoint("coordinator.job.connected");
  }
  if (job.step == Step::kStarting && all_reached(job, proto::RUNNING)) run(turn, job);
  if (job.step == Step::kRunning && all_reached(job, proto::ENDED)) {
    job.ending.outcome = job.ending.stop_asked ? proto::STOPPED : proto::FINISHED;
    turn.note(job, "info", "all tasks have ended; its channels are closed");
    enter(turn, job, Step::kReleasing, timing.take_down);
    base::failpoint("coordinator.job.ended");
  }
}

/// For `submit --from`: the checkpoint is complete and all sinks have shown what it covers, so nothing more is wanted.
void stop_with_checkpoint(Turn& turn, Job& job) {
  if (job.step != Step::kRunning || !job.ending.stop_asked || job.ending.drain) return;
  const Checkpoints& checkpoints = job.checkpoints;
  if (!checkpoints.stop_behind || checkpoints.kept.empty()) return;
  const std::uint64_t newest = checkpoints.kept.back().epoch();
  if (newest <= *checkpoints.stop_behind || !checkpoints.cycle->all_published(newest)) return;
  if (checkpoints.cycle->is_last(newest)) return;  // Its input has ended, and so does the job by itself.
  job.ending.outcome = proto::STOPPED;
  turn.note(job, "info", fmt::format("its last checkpoint is {}", newest));
  enter(turn, job, Step::kCancelling, turn.state.timing.take_down);
}

void on_failed(Turn& turn, Job& job, const Part& part, const proto::JobReport& report) {
  const bool unsure = is_hearsay(report.error());
  if (job.step == Step::kFailing && (unsure || turn.now >= job.ending.firm_at)) return;
  if (job.step > Step::kRunning && job.step != Step::kFailing) return;
  if (report.error().code() == "store_not_shared" && job.step == Step::kAssigning) return;
  proto::Error cause = cause_told_by(part.worker, report);
  const bool sees_no_store = report.error().code() == "store_not_shared" && job.step == Step::kRelearning;
  cause.set_restart_helps(cause.restart_helps() || unsure || sees_no_store);
  if (is_recoverable(job) && job.step <= Step::kRunning)
    return interrupt(turn, job, std::move(cause), report.lost_peer());
  fail(turn, job, std::move(cause), unsure ? turn.now + turn.state.timing.lease : turn.now);
  const auto suspect = turn.state.workers.find(report.lost_peer());
  if (unsure && suspect != turn.state.workers.end()) turn.send(suspect->second.peer, acknowledgement(suspect->second));
}

/// All tasks of this part have ended, and then a connection broke on which their last frames may have been lost. Who
/// still runs at its other end would wait for them for ever.
void on_broken_behind_the_end(Turn& turn, Job& job, const Part& part) {
  const std::string& peer = part.report.lost_peer();
  const bool is_waiting = std::any_of(job.parts.begin(), job.parts.end(), [&](const Part& other) {
    return other.worker == peer && other.phase() == proto::RUNNING && !other.settled();
  });
  if (job.step != Step::kRunning || !is_waiting) return;
  interrupt(turn, job,
            error("peer_lost", fmt::format("the data connection of worker '{}', whose tasks have ended, to worker '{}' "
                                           "broke",
                                           part.worker, peer)),
            peer);
}

/// Whoever kept the others waiting is left out of the next attempt.
void on_late_deployment(Turn& turn, Job& job, const char* what) {
  const std::string who = behind(job);
  for (const Part& part : job.parts)
    if (is_behind(job, part)) job.recovery.avoided.insert({part.worker, part.incarnation});
  for (const Leftover& leftover : job.recovery.leftovers)
    job.recovery.avoided.insert({leftover.worker, leftover.incarnation});
  const char* next =
      is_recoverable(job) ? "; see the log of that worker" : "; see the log of that worker, then submit the job again";
  interrupt(turn, job,
            error("deploy_timed_out", fmt::format("{} has not {} in {}{}", who, what,
                                                  length_of_time(turn.state.timing.deploy_step), next)));
}

void on_deadline(Turn& turn, Job& job) {
  if (job.step == Step::kRelearning) return on_not_back_in_time(turn, job);
  if (job.step == Step::kAssigning) return on_late_deployment(turn, job, "built its tasks");
  if (job.step == Step::kConnecting) return on_late_deployment(turn, job, "opened its sources, sinks and channels");
  if (job.step == Step::kStarting) return on_late_deployment(turn, job, "started its tasks");
  if (job.step != Step::kRunning || !job.ending.stop_asked) return;
  fail(
      turn, job,
      error("stop_timed_out",
            fmt::format("it was told to stop, and no row has moved for {}; what was not yet published is lost; see "
                        "which node waits with `penstock status`, and use `penstock cancel` for jobs that cannot drain",
                        length_of_time(turn.state.timing.stuck_stop))),
      turn.now);
}

void on_let_go_unasked(Turn& turn, Job& job, const Part& part) {
  if (job.step == Step::kRecovering || job.step >= Step::kReleasing) return;
  interrupt(turn, job, error("job_let_go", fmt::format("worker '{}' has let go of the job unasked", part.worker)));
}

}  // namespace

void advance(Turn& turn, Job& job) {
  turn.touched.insert(job.id);
  restart_where_possible(turn, job);
  take_next_step(turn, job);
  note_if_finished(turn, job);
  tend_checkpoints(turn, job);
  stop_with_checkpoint(turn, job);
  direct(turn, job);
  end_where_possible(turn, job);
}

namespace {

base::Result<void> may_go_on(const State& state, const SubmitCame& came) {
  for (const auto& [id, job] : state.jobs)
    if (!job.is_over() && job.checkpoints.place.job == came.checkpoints.job)
      return base::fail("job_is_live",
                        fmt::format("job {} goes on from there already; end it first: penstock stop {}", id, id));
  return check_fit(came);
}

void note_resumption(Turn& turn, Job& job, const Resumption& from) {
  if (!from.manifest) return;
  const std::uint64_t epoch = from.manifest->epoch();
  turn.note(job, "info", fmt::format("goes on from checkpoint {} of {}", epoch, from.manifest->job()));
  if (std::any_of(from.kept.begin(), from.kept.end(), [&](const auto& kept) { return kept.epoch() > epoch; }))
    turn.note(job, "warn", "that is not the newest one: what sinks have shown since then comes again");
}

/// The checkpoints of the job that is over are the new one's from here on, where it keeps its own in the same place.
void go_on_from(Turn& turn, const Resumption& from, Job& job) {
  Checkpoints& checkpoints = job.checkpoints;
  job.attempt = from.attempt + 1;
  checkpoints.restore = from.manifest;
  if (from.store != checkpoints.place.store) checkpoints.restore_store = from.store;
  if (from.store == checkpoints.place.store) checkpoints.kept.assign(from.kept.begin(), from.kept.end());
  for (proto::CheckpointSummary& kept : checkpoints.kept) kept.set_published(true);  // No sink waits for them any more.
  checkpoints.epochs_reserved = from.epochs_reserved;
  checkpoints.cycle.emplace(checkpoint_timing(turn.state, job), job.parts.size(), from.epochs_reserved);
  for (auto& [id, old] : turn.state.jobs) {
    const Checkpoints::Place& place = old.checkpoints.place;
    if (place.job != checkpoints.place.job || place.store != checkpoints.place.store || from.store != place.store)
      continue;
    old.checkpoints.kept.clear();
    turn.touched.insert(id);
  }
}

}  // namespace

std::optional<std::uint64_t> job_of_submit(const State& state, std::uint64_t key) {
  if (key == 0) return std::nullopt;
  for (const auto& [id, job] : state.jobs)
    if (job.work.submit.key() == key) return id;
  for (const auto& [id, past] : state.past)
    if (past.submit_key == key) return id;
  return std::nullopt;
}

base::Result<std::uint64_t> submit(Turn& turn, const SubmitCame& came) {
  if (const auto known = job_of_submit(turn.state, came.submit.key())) return *known;
  const auto live = std::count_if(turn.state.jobs.begin(), turn.state.jobs.end(),
                                  [](const auto& job) { return !job.second.is_over(); });
  if (static_cast<std::size_t>(live) >= kMostLiveJobs)
    return base::fail("too_many_jobs", fmt::format("{} jobs are live already; stop one first", live));
  if (came.resumed) {
    if (auto fits = may_go_on(turn.state, came); !fits) return tl::unexpected(fits.error());
  }
  auto made = deployment(turn.state, came);
  if (!made) return tl::unexpected(made.error());
  base::failpoint("coordinator.submit.accepted");
  if (came.resumed) go_on_from(turn, *came.resumed, *made);
  const std::uint64_t id = turn.state.next_job++;
  Job& job = turn.state.jobs[id];
  job = std::move(*made);
  job.id = id;
  job.times.submitted = turn.now;
  job.times.submitted_wall = turn.wall;
  const std::string who = came.from.principal.empty() ? "" : " by " + came.from.principal;
  turn.note(job, "info", fmt::format("submitted{} from {}", who, came.submit.file()));
  if (came.resumed) note_resumption(turn, job, *came.resumed);
  turn.note(job, "info", "placed: " + placement_in_words(job));
  enter(turn, job, Step::kAssigning, turn.state.timing.deploy_step);
  advance(turn, job);
  return id;
}

void on_report(Turn& turn, Job& job, std::size_t index, const proto::JobReport& report) {
  Part& part = job.parts[index];
  const proto::Phase before = part.phase();
  const bool was_over = tells_why(part.report) || before == proto::RELEASED;
  part.report = report;
  part.reported = true;
  if (tells_why(report) && !was_over) on_failed(turn, job, part, report);
  if (report.phase() == proto::RELEASED) {
    on_let_go_unasked(turn, job, part);
    part.released = true;
  }
  if (report.phase() == proto::ENDED && before != proto::ENDED && job.parts.size() > 1)
    turn.note(job, "info", fmt::format("worker '{}': all of its tasks have ended", part.worker));
  if (report.phase() == proto::ENDED && !report.lost_peer().empty()) on_broken_behind_the_end(turn, job, part);
  relearn(turn, job);
  if (job.step == Step::kAssigning) look_for_workers_without_store(turn, job);
  measure(turn, job, index);
  collect(turn, job, index);
  advance(turn, job);
  if (index < job.parts.size()) tune(turn, job, index);
}

void on_not_reported(Turn& turn, Job& job, std::size_t index) {
  Part& part = job.parts[index];
  if (!part.reported || part.settled()) return;
  on_let_go_unasked(turn, job, part);
  part.released = true;
  advance(turn, job);
}

void on_worker_lost(Turn& turn, Job& job, std::size_t index, const proto::Error& cause) {
  job.parts[index].gone = true;
  const bool unsure = job.step == Step::kFailing && turn.now < job.ending.firm_at;
  if (job.step <= Step::kRunning && is_recoverable(job)) {
    ask_for_work(turn, job, job.parts[index].worker);
    interrupt(turn, job, cause);
  } else if (job.step < Step::kReleasing || unsure) {
    proto::Error said = cause;
    said.set_text(said.text() + "; start it again, then submit the job again");
    fail(turn, job, std::move(said), turn.now);
  }
  advance(turn, job);
}

void ask_to_stop(Turn& turn, Job& job, bool drain) {
  const bool asked = job.ending.stop_asked && (job.ending.drain || !drain);
  if (asked || job.step > Step::kRunning) return;
  job.ending.stop_asked = true;
  job.ending.drain = drain || !is_recoverable(job);
  const bool runs = job.step == Step::kRunning;
  runs ? note_stop(turn, job) : turn.note(job, "info", "will be stopped once it runs");
  if (runs) enter(turn, job, Step::kRunning, turn.state.timing.stuck_stop);
  advance(turn, job);
}

void ask_to_cancel(Turn& turn, Job& job) {
  if (job.step >= Step::kReleasing) return;
  job.ending.outcome = proto::CANCELLED;
  turn.note(job, "info", "is cancelled: what was not yet published is lost");
  enter(turn, job, Step::kCancelling, turn.state.timing.take_down);
  advance(turn, job);
}

std::uint64_t ask_for_checkpoint(Turn& turn, Job& job) {
  checkpoint::Cycle& cycle = *job.checkpoints.cycle;
  const std::uint64_t before = cycle.newest();
  cycle.ask(turn.now);
  job.recovery.caught_up_at.reset();
  advance(turn, job);
  return before + 1;
}

void on_time(Turn& turn, Job& job) {
  if (job.is_over()) return;
  const std::uint64_t progress = progress_of(job);
  if (job.step == Step::kRunning && progress != job.waiting.progress) {
    job.waiting.progress = progress;
    job.waiting.deadline = turn.now + turn.state.timing.stuck_stop;
  }
  if (turn.now >= job.waiting.deadline) on_deadline(turn, job);
  advance(turn, job);
}

std::optional<std::size_t> part_of(const Job& job, const std::string& worker, std::uint64_t incarnation) {
  for (std::size_t i = 0; i < job.parts.size() && !job.is_over(); ++i)
    if (job.parts[i].worker == worker && job.parts[i].incarnation == incarnation) return i;
  return std::nullopt;
}

}  // namespace penstock::coordinator
