#include "runtime/coordinator/job_life.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/deployment.h"
#include "runtime/coordinator/directives.h"
#include "runtime/coordinator/measurement.h"

namespace penstock::coordinator {
namespace {

proto::Error error(std::string code, std::string text, std::string where = {}) {
  proto::Error out;
  out.set_code(std::move(code));
  out.set_text(std::move(text));
  out.set_where(std::move(where));
  out.set_origin(proto::Error::ENVIRONMENT);
  out.set_restart_helps(true);
  return out;
}

/// What another worker's end looks like from here; who it was, and why, may still be found out.
bool is_unsure(const proto::JobReport& report) {
  return !report.lost_peer().empty() || report.error().code() == "peer_lost" ||
         report.error().code() == "channel_broken";
}

bool all_reached(const Job& job, proto::Phase phase) {
  return std::all_of(job.parts.begin(), job.parts.end(),
                     [phase](const Part& part) { return part.phase() >= phase && part.phase() < proto::RELEASED; });
}

bool all_settled(const Job& job) {
  return std::all_of(job.parts.begin(), job.parts.end(), [](const Part& part) { return part.settled(); });
}

bool is_behind(const Job& job, const Part& part) {
  return wanted(job, part) || (job.step == Step::kAssigning && part.phase() == proto::PHASE_UNKNOWN);
}

/// "w1, w3": workers of whom something is still wanted.
std::string behind(const Job& job) {
  std::string names;
  for (const Part& part : job.parts)
    if (is_behind(job, part)) names += (names.empty() ? "" : ", ") + part.worker;
  return names;
}

void enter(Turn& turn, Job& job, Step step, base::Micros at_most) {
  job.step = step;
  job.waiting.deadline = turn.now + at_most;
}

void finish(Turn& turn, Job& job) {
  if (!all_settled(job))
    turn.note(job, "warn",
              fmt::format("{} has not let go of the job in {}; it is told again when it is heard of, and "
                          "ending that process is safe",
                          behind(job), length_of_time(turn.state.timing.take_down)));
  job.step = Step::kOver;
  job.times.ended = turn.now;
  std::string how = job.ending.outcome == proto::FINISHED    ? "finished"
                    : job.ending.outcome == proto::STOPPED   ? "stopped, drained"
                    : job.ending.outcome == proto::CANCELLED ? "cancelled"
                                                             : "failed";
  if (job.times.running_since) how += " after " + length_of_time(turn.now - *job.times.running_since);
  turn.note(job, job.ending.cause ? "error" : "info", how);
  job.work.submit.clear_topology();
  job.work.submit.clear_variables();
  job.work.submit.clear_files();
  turn.actions.emplace_back(Keep{past_job(job, turn.now)});
}

void fail(Turn& turn, Job& job, proto::Error cause, base::Micros firm_at) {
  const bool first = job.step != Step::kFailing;
  job.ending.outcome = proto::JOB_FAILED;
  job.ending.firm_at = firm_at;
  const std::string shown = fmt::format("{} [{}]", cause.text(), cause.code());
  turn.note(job, "error", (first ? "fails: " : "the cause: ") + shown);
  job.ending.cause = std::move(cause);
  if (first) enter(turn, job, Step::kFailing, turn.state.timing.take_down);
}

void take_next_step(Turn& turn, Job& job) {
  const Timing& timing = turn.state.timing;
  if (job.step == Step::kAssigning && all_reached(job, proto::ASSIGNED)) {
    turn.note(job, "info", "assigned: every worker has built its tasks");
    enter(turn, job, Step::kConnecting, timing.deploy_step);
  }
  if (job.step == Step::kConnecting && all_reached(job, proto::CONNECTED)) {
    turn.note(job, "info", "connected: all channels are open");
    enter(turn, job, Step::kStarting, timing.deploy_step);
  }
  if (job.step == Step::kStarting && all_reached(job, proto::RUNNING)) {
    job.times.running_since = turn.now;
    turn.note(job, "info", "runs, " + length_of_time(turn.now - job.times.submitted) + " after it was submitted");
    enter(turn, job, Step::kRunning, timing.stuck_stop);
    if (job.stop_asked) turn.note(job, "info", "stops: sources end, what is on its way is processed");
  }
  if (job.step == Step::kRunning && all_reached(job, proto::ENDED)) {
    job.ending.outcome = job.stop_asked ? proto::STOPPED : proto::FINISHED;
    turn.note(job, "info", "all tasks have ended; its channels are closed");
    enter(turn, job, Step::kReleasing, timing.take_down);
  }
}

void end_where_possible(Turn& turn, Job& job) {
  const bool late = turn.now >= job.waiting.deadline;
  switch (job.step) {
    case Step::kReleasing:
    case Step::kCancelling:
      if (all_settled(job) || late) finish(turn, job);
      return;
    case Step::kFailing:
      if ((all_settled(job) || late) && turn.now >= job.ending.firm_at) finish(turn, job);
      return;
    default:
      return;
  }
}

void advance(Turn& turn, Job& job) {
  take_next_step(turn, job);
  direct(turn, job);
  end_where_possible(turn, job);
}

void on_failed(Turn& turn, Job& job, const Part& part, const proto::JobReport& report) {
  const bool unsure = is_unsure(report);
  if (job.step == Step::kFailing && (unsure || turn.now >= job.ending.firm_at)) return;
  if (job.step > Step::kRunning && job.step != Step::kFailing) return;
  proto::Error cause = report.error();
  if (cause.code().empty()) cause = error("worker_failed", "a worker gave up without a word");
  cause.set_where(cause.where().empty() ? "worker " + part.worker : cause.where() + ", worker " + part.worker);
  fail(turn, job, std::move(cause), unsure ? turn.now + turn.state.timing.lease : turn.now);
  const auto suspect = turn.state.workers.find(report.lost_peer());
  if (unsure && suspect != turn.state.workers.end()) turn.send(suspect->second.peer, acknowledgement(suspect->second));
}

void on_deadline(Turn& turn, Job& job) {
  const Timing& timing = turn.state.timing;
  const std::string waited = length_of_time(timing.deploy_step);
  const std::string next = "; see the log of that worker, then submit the job again";
  if (job.step == Step::kAssigning)
    fail(turn, job,
         error("deploy_timed_out", fmt::format("{} has not built its tasks in {}{}", behind(job), waited, next)),
         turn.now);
  else if (job.step == Step::kConnecting)
    fail(turn, job,
         error("deploy_timed_out",
               fmt::format("{} has not opened its sources, sinks and channels in {}{}", behind(job), waited, next)),
         turn.now);
  else if (job.step == Step::kStarting)
    fail(turn, job,
         error("deploy_timed_out", fmt::format("{} has not started its tasks in {}{}", behind(job), waited, next)),
         turn.now);
  else if (job.step == Step::kRunning && job.stop_asked)
    fail(turn, job,
         error("stop_timed_out",
               fmt::format(
                   "it was told to stop, and no row has moved for {}; what was not yet published is lost; see "
                   "which node waits with `penstock status`, and use `penstock cancel` for jobs that cannot drain",
                   length_of_time(timing.stuck_stop))),
         turn.now);
}

}  // namespace

base::Result<std::uint64_t> submit(Turn& turn, const SubmitCame& came) {
  std::size_t live = 0;
  for (const auto& [id, job] : turn.state.jobs) {
    if (came.submit.key() != 0 && job.work.submit.key() == came.submit.key()) return id;
    live += job.is_over() ? 0 : 1;
  }
  if (live >= kMostLiveJobs)
    return base::fail("too_many_jobs", fmt::format("{} jobs are live already; stop one first", live));
  auto made = deployment(turn.state, came);
  if (!made) return tl::unexpected(made.error());
  const std::uint64_t id = turn.state.next_job++;
  Job& job = turn.state.jobs[id];
  job = std::move(*made);
  job.id = id;
  job.times.submitted = turn.now;
  job.times.submitted_wall = turn.wall;
  const std::string who = came.from.principal.empty() ? "" : " by " + came.from.principal;
  turn.note(job, "info", fmt::format("submitted{} from {}", who, came.submit.file()));
  turn.note(job, "info", "placed: " + placement_in_words(job));
  enter(turn, job, Step::kAssigning, turn.state.timing.deploy_step);
  advance(turn, job);
  return id;
}

void on_report(Turn& turn, Job& job, std::size_t index, const proto::JobReport& report) {
  Part& part = job.parts[index];
  const proto::Phase before = part.phase();
  part.report = report;
  part.reported = true;
  if (report.phase() == proto::RELEASED) {
    if (job.step < Step::kReleasing)
      fail(turn, job, error("job_let_go", fmt::format("worker '{}' has let go of the job unasked", part.worker)),
           turn.now);
    part.released = true;
  }
  if (report.phase() == proto::FAILED && before != proto::FAILED) on_failed(turn, job, part, report);
  if (report.phase() == proto::ENDED && before != proto::ENDED && job.parts.size() > 1)
    turn.note(job, "info", fmt::format("worker '{}': all of its tasks have ended", part.worker));
  measure(turn, job, index);
  advance(turn, job);
  tune(turn, job, index);
}

void on_not_reported(Turn& turn, Job& job, std::size_t index) {
  Part& part = job.parts[index];
  if (!part.reported || part.settled()) return;
  if (job.step < Step::kReleasing)
    fail(turn, job, error("job_let_go", fmt::format("worker '{}' has let go of the job unasked", part.worker)),
         turn.now);
  part.released = true;
  advance(turn, job);
}

void on_worker_lost(Turn& turn, Job& job, std::size_t index, const proto::Error& cause) {
  job.parts[index].gone = true;
  const bool unsure = job.step == Step::kFailing && turn.now < job.ending.firm_at;
  if (job.step < Step::kReleasing || unsure) fail(turn, job, cause, turn.now);
  advance(turn, job);
}

void ask_to_stop(Turn& turn, Job& job) {
  if (job.stop_asked || job.step > Step::kRunning) return;
  job.stop_asked = true;
  const bool runs = job.step == Step::kRunning;
  turn.note(job, "info", runs ? "stops: sources end, what is on its way is processed" : "will be stopped once it runs");
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

void on_time(Turn& turn, Job& job) {
  if (job.is_over()) return;
  const std::uint64_t rows = rows_moved(job);
  if (job.step == Step::kRunning && rows != job.waiting.rows_moved) {
    job.waiting.rows_moved = rows;
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

std::string length_of_time(base::Micros time) {
  if (time < 10'000) return fmt::format("{:.1f} ms", static_cast<double>(time) / 1e3);
  if (time < 1'000'000) return fmt::format("{} ms", time / 1000);
  return fmt::format("{:.1f} s", static_cast<double>(time) / 1e6);
}

}  // namespace penstock::coordinator
