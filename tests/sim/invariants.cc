#include "tests/sim/invariants.h"

#include <algorithm>

namespace penstock::sim {

using coordinator::Job;
using coordinator::Part;
using coordinator::State;
using coordinator::Step;
using coordinator::Worker;

namespace {

/// Of several that are lost in the same moment the first counts.
bool names_a_lost_worker(const State& state, const Job& job) {
  return std::any_of(job.parts.begin(), job.parts.end(), [&](const Part& part) {
    const auto worker = state.workers.find(part.worker);
    const bool named = job.ending.cause->text().find("'" + part.worker + "'") != std::string::npos;
    return named && worker != state.workers.end() && worker->second.is_lost();
  });
}

}  // namespace

void Invariants::before(const State& state, base::Micros now) {
  jobs_.clear();
  lost_.clear();
  for (const auto& [id, job] : state.jobs) jobs_[id] = {job.step, now < job.ending.firm_at, job.attempt};
  for (const auto& [name, worker] : state.workers) lost_[name] = worker.is_lost();
}

void Invariants::after(const State& state, const coordinator::Event& event,
                       const std::vector<coordinator::Action>& actions) {
  for (const auto& [id, job] : state.jobs) {
    check_job(job, event.now);
    if (!jobs_.contains(id)) check_new_job(job, state);
  }
  for (const auto& [name, worker] : state.workers) {
    auto& incarnations = replaced_[name];
    if (std::find(incarnations.begin(), incarnations.end(), worker.incarnation()) == incarnations.end())
      incarnations.push_back(worker.incarnation());
    if (worker.is_lost() && lost_.contains(name) && !lost_[name]) check_loss(state, worker);
  }
  for (const coordinator::Action& action : actions)
    if (const auto* sent = std::get_if<coordinator::Send>(&action); sent != nullptr && sent->message.has_directive())
      check_assignment(sent->message.directive(), state);
}

void Invariants::check_job(const Job& job, base::Micros now) {
  const auto at = jobs_.find(job.id);
  const Step before = at == jobs_.end() ? Step::kAssigning : at->second.step;
  const std::string who = "job " + std::to_string(job.id) + " ";
  const bool again = at != jobs_.end() && job.attempt > at->second.attempt;
  if (at != jobs_.end() && job.attempt < at->second.attempt) broken_(who + "went back to an earlier attempt");
  if (job.step < before && !again && job.step != Step::kRecovering) broken_(who + "went back a step");
  if (job.step == Step::kRecovering && before > Step::kRunning) broken_(who + "recovers though it was ending");
  const bool waits =
      !job.is_over() && job.step != Step::kRecovering && (job.step != Step::kRunning || job.ending.stop_asked);
  constexpr base::Micros kSlack = 1'000'000;
  if (waits && now > std::max(job.waiting.deadline, job.ending.firm_at) + kSlack)
    broken_(who + "waits beyond its deadline");
  if (job.is_over() && before != Step::kOver) check_ending(job);
}

void Invariants::check_ending(const Job& job) {
  const std::string who = "job " + std::to_string(job.id) + " ";
  const bool stopped = job.ending.outcome == proto::STOPPED;
  const bool good = job.ending.outcome == proto::FINISHED || (stopped && job.ending.drain);
  if (stopped && !job.ending.drain && job.checkpoints.kept.empty())
    broken_(who + "has stopped with nothing to go on from");
  for (const Part& part : job.parts)
    if (good && !ended_(part, job)) broken_(who + "is said to have ended well, but has not on " + part.worker);
  if (job.ending.outcome == proto::STOPPED && !job.ending.stop_asked) broken_(who + "was stopped unasked");
  if (job.ending.outcome == proto::JOB_FAILED && (!job.ending.cause || job.ending.cause->text().empty()))
    broken_(who + "failed without a cause");
  if (job.ending.cause && job.ending.cause->code() == "deploy_timed_out" && !held_(job))
    broken_(who + "was not deployed in time, for no reason");
  for (const Part& part : job.parts)
    if (!part.settled() && !held_(job)) broken_(who + "was not let go by " + part.worker + " in time, for no reason");
  const std::size_t most = 24 + job.parts.size() + 8 * job.recovery.count.restarts;
  if (job.log.lines.empty() || job.log.lines.size() > most) broken_(who + "has an unreadable log");
}

/// A worker that is lost fails the jobs that need it, and they say so.
void Invariants::check_loss(const State& state, const Worker& worker) {
  for (const auto& [id, job] : state.jobs) {
    const auto part = std::find_if(job.parts.begin(), job.parts.end(), [&](const Part& one) {
      return one.worker == worker.name() && one.incarnation == worker.incarnation();
    });
    const auto before = jobs_.find(id);
    if (part == job.parts.end() || before == jobs_.end()) continue;
    const bool unsure = before->second.step == Step::kFailing && before->second.unsure && !part->released;
    if (before->second.step > Step::kRunning && !unsure) continue;
    if (!job.checkpoints.place.store.empty()) {
      if (job.step <= Step::kRunning && job.step != Step::kRecovering && job.attempt == before->second.attempt)
        broken_("job " + std::to_string(id) + " goes on without its lost worker " + worker.name());
      continue;
    }
    const bool said = job.ending.cause && job.ending.cause->code() == "worker_lost" && names_a_lost_worker(state, job);
    if (job.step < Step::kFailing || !said)
      broken_("job " + std::to_string(id) + " does not fail because of its lost worker " + worker.name());
  }
}

void Invariants::check_new_job(const Job& job, const State& state) {
  for (const auto& [id, other] : state.jobs)
    if (id != job.id && job.work.submit.key() != 0 && other.work.submit.key() == job.work.submit.key())
      broken_("one submit has made two jobs");
  for (const Part& part : job.parts) {
    const auto worker = state.workers.find(part.worker);
    if (worker == state.workers.end() || worker->second.state != proto::WorkerSummary::ACTIVE)
      broken_("a task was placed on a worker that is not active");
  }
}

/// At most one incarnation of a name is given work: never an older one, nor one that is lost.
void Invariants::check_assignment(const proto::Directive& directive, const State& state) {
  if (directive.want() != proto::Directive::ASSIGN) return;
  for (const auto& [name, incarnations] : replaced_) {
    const auto at = std::find(incarnations.begin(), incarnations.end(), directive.incarnation());
    if (at == incarnations.end()) continue;
    const auto worker = state.workers.find(name);
    if (worker == state.workers.end() || worker->second.incarnation() != directive.incarnation())
      broken_("work was given to an incarnation of " + name + " that is not the present one");
  }
}

}  // namespace penstock::sim
