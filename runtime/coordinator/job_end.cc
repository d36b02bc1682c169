#include "runtime/coordinator/job_end.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/base/failpoint.h"
#include "runtime/coordinator/directives.h"

namespace penstock::coordinator {
namespace {

using Note = Job::Ending::Note;

/// Of a job that is over its newest checkpoint stays, for `submit --from`. One that made none leaves what it went on
/// from as it was: that may be the only one that can be read.
void keep_the_newest(Turn& turn, Job& job) {
  auto& kept = job.checkpoints.kept;
  if (job.checkpoints.place.store.empty()) return;
  RemoveCheckpoints remove{job.checkpoints.place.store, job.checkpoints.place.job, {}, 0, job.attempt + 1, false};
  if (job.checkpoints.restore && !job.checkpoints.own) {  // Before it has run, what it was working on may be another's.
    if (job.times.running_since) turn.actions.emplace_back(std::move(remove));
    return;
  }
  const bool lasting = job.checkpoints.place.lasting;
  remove.all = kept.empty() && !lasting;
  remove.unfinished_below = std::numeric_limits<std::uint64_t>::max();
  for (; kept.size() > 1 && !lasting; kept.pop_front())
    remove.checkpoints.emplace_back(kept.front().epoch(), kept.front().attempt());
  turn.actions.emplace_back(std::move(remove));
}

void finish(Turn& turn, Job& job) {
  if (!all_settled(job))
    turn.note(job, "warn",
              fmt::format("{} has not let go of the job in {}; it is told again when it is heard of, and "
                          "ending that process is safe",
                          behind(job), length_of_time(turn.state.timing.take_down)));
  job.step = Step::kOver;
  base::failpoint("coordinator.job.over");
  job.times.ended = turn.now;
  std::string how = job.ending.outcome == proto::FINISHED    ? "finished"
                    : job.ending.outcome == proto::STOPPED   ? (job.ending.drain ? "stopped, drained" : "stopped")
                    : job.ending.outcome == proto::CANCELLED ? "cancelled"
                                                             : "failed";
  if (job.times.running_since) how += " after " + length_of_time(turn.now - *job.times.running_since);
  if (job.ending.outcome == proto::STOPPED && !job.ending.drain)
    how += fmt::format("; to go on: penstock submit FILE --from {}", job.id);
  turn.note(job, job.ending.cause ? "error" : "info", how);
  job.work.submit.clear_topology();
  job.work.submit.clear_variables();
  job.work.submit.clear_files();
  keep_the_newest(turn, job);
}

}  // namespace

proto::Error error(std::string code, std::string text, std::string where) {
  proto::Error out;
  out.set_code(std::move(code));
  out.set_text(std::move(text));
  out.set_where(std::move(where));
  out.set_origin(proto::Error::ENVIRONMENT);
  out.set_restart_helps(true);
  return out;
}

bool is_behind(const Job& job, const Part& part) {
  return !wanted(job, part).empty() || (job.step == Step::kAssigning && part.phase() == proto::PHASE_UNKNOWN);
}

std::string behind(const Job& job) {
  std::string names;
  for (const Part& part : job.parts)
    if (is_behind(job, part)) names += (names.empty() ? "" : ", ") + part.worker;
  for (const Leftover& leftover : job.recovery.leftovers)
    if (names.find(leftover.worker) == std::string::npos) names += (names.empty() ? "" : ", ") + leftover.worker;
  return names;
}

bool all_settled(const Job& job) {
  return std::all_of(job.parts.begin(), job.parts.end(), [](const Part& part) { return part.settled(); }) &&
         job.recovery.leftovers.empty();
}

void enter(Turn& turn, Job& job, Step step, base::Micros at_most) {
  job.step = step;
  job.waiting.deadline = turn.now + at_most;
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

void note_if_finished(Turn& turn, Job& job) {
  if (job.step != Step::kReleasing || job.ending.note != Note::kDue) return;
  const Checkpoints& checkpoints = job.checkpoints;
  const bool is_kept = !checkpoints.place.store.empty() && !checkpoints.kept.empty() && checkpoints.kept.back().last();
  job.ending.note = is_kept ? Note::kAsked : Note::kDone;
  if (!is_kept) return;
  turn.actions.emplace_back(NoteFinished{job.id, checkpoints.place.store, checkpoints.place.job});
}

void end_where_possible(Turn& turn, Job& job) {
  const bool late = turn.now >= job.waiting.deadline;
  switch (job.step) {
    case Step::kReleasing:
      if (late && std::exchange(job.ending.note, Note::kDone) != Note::kDone)
        return enter(turn, job, job.step, turn.state.timing.take_down);
      [[fallthrough]];
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

std::string length_of_time(base::Micros time) {
  if (time < 10'000) return fmt::format("{:.1f} ms", static_cast<double>(time) / 1e3);
  if (time < 1'000'000) return fmt::format("{} ms", time / 1000);
  return fmt::format("{:.1f} s", static_cast<double>(time) / 1e6);
}

}  // namespace penstock::coordinator
