/// The clients of the simulation, and how it comes to rest.
#include <fmt/core.h>

#include <algorithm>

#include "runtime/coordinator/answers.h"
#include "tests/sim/sim_plans.h"
#include "tests/sim/sim_world.h"

namespace penstock::sim {

proto::Request SimWorld::submit_request() {
  proto::Request request;
  proto::Submit& submit = *request.mutable_submit();
  submit.set_file("sim.yaml");
  submit.set_topology("penstock: 1");
  submit.set_key(random_.next() | 1);
  return request;
}

/// With a last checkpoint, or draining.
proto::StopRequest SimWorld::stop_request(const std::string& job) {
  proto::StopRequest request;
  request.set_job(job);
  request.set_drain(random_.chance(0.5));
  return request;
}

void SimWorld::client_step() {
  if (calm_) return;
  proto::Request request;
  const std::string job = coordinator_ && !coordinator_->jobs.empty()
                              ? std::to_string(random_.between(1, static_cast<std::int64_t>(coordinator_->next_job)))
                              : "1";
  const std::int64_t kind = random_.between(0, 99);
  if (kind < 50)
    request = submit_request();
  else if (kind < 65)
    *request.mutable_stop() = stop_request(job);
  else if (kind < 75)
    request.mutable_cancel()->set_job(job);
  else if (kind < 80)
    request.mutable_drain()->set_worker("w" + std::to_string(random_.between(1, 4)));
  else if (kind < 85)
    request.mutable_list_jobs();
  else if (kind < 90)
    request.mutable_list_workers();
  else if (kind < 95)
    request.mutable_status()->set_job(job);
  else
    request.mutable_logs()->set_job(job);
  request.set_id(clients_.next++);
  clients_.open[request.id()] = request;
  ask(request, 8);
  queue_.after(random_.between(10'000, 1'500'000), [this] { client_step(); });
}

/// Asks until it is answered, or it has had enough.
void SimWorld::ask(const proto::Request& request, int tries) {
  if (!clients_.open.contains(request.id()) || tries == 0) return;
  proto::Envelope envelope;
  *envelope.mutable_request() = request;
  to_coordinator("client", envelope);
  queue_.after(300'000, [this, request, tries] { ask(request, tries - 1); });
}

void SimWorld::client_hears(const proto::Answer& answer) {
  trace("client hears " + std::to_string(answer.id()) + " " + answer.error().code() + answer.done().text());
  const auto open = clients_.open.find(answer.id());
  if (open == clients_.open.end()) return;
  if (answer.has_submitted()) {
    const auto key = std::pair(life_, open->second.submit().key());
    const auto [at, is_new] = clients_.job_of.emplace(key, answer.submitted().job());
    if (!is_new && at->second != answer.submitted().job()) broken("one submit was answered with two jobs");
  }
  // A second answer to the same submit is looked at too.
  if (!answer.has_submitted()) clients_.open.erase(open);
}

/// Faults stop: every worker thaws by itself, the coordinator is up, and whatever still runs is told to stop.
void SimWorld::settle() {
  calm_ = true;
  trace("faults stop");
  if (!coordinator_) restart_coordinator();
  queue_.after(3'000'000, [this] {
    for (const auto& [id, job] : coordinator_->jobs) {
      proto::Request request;
      request.set_id(clients_.next++);
      if (random_.chance(0.5))
        *request.mutable_stop() = stop_request(std::to_string(id));
      else
        request.mutable_cancel()->set_job(std::to_string(id));
      clients_.open[request.id()] = request;
      ask(request, 1);
    }
  });
  queue_.after(40'000'000, [this] { check_that_nothing_is_stuck(); });
}

/// I6: a job that was told to stop and has all that it needs has ended by now, which takes a last checkpoint. What
/// waits for a worker that will not come is cancelled.
void SimWorld::check_that_nothing_is_stuck() {
  for (const auto& [id, job] : coordinator_->jobs) {
    if (job.is_over()) continue;
    const bool may_be_stuck = std::any_of(job.parts.begin(), job.parts.end(), [&](const coordinator::Part& part) {
      const SimJob* at = job_at(std::to_string(part.incarnation), {job.id, job.attempt});
      return at != nullptr && (at->hangs() || at->never_drains());
    });
    if (job.step == coordinator::Step::kRunning && !may_be_stuck)
      broken(fmt::format("job {} gets no further, with nothing in its way", id));
    proto::Request request;
    request.set_id(clients_.next++);
    request.mutable_cancel()->set_job(std::to_string(id));
    clients_.open[request.id()] = request;
    ask(request, 1);
  }
}

void SimWorld::check_end() {
  for (const auto& [id, job] : coordinator_->jobs)
    if (!job.is_over()) broken(fmt::format("job {} does not come to its end", id));
  for (const SimWorker* worker : living()) {
    for (const auto& [key, job] : worker->jobs()) {
      if (job->hangs()) continue;
      broken(fmt::format("{} still has job {} in phase {}", worker->peer(), key.first,
                         proto::Phase_Name(job->report().phase())));
    }
    const auto known = coordinator_->workers.find(worker->name());
    const bool taken = known != coordinator_->workers.end() && !known->second.is_lost();
    if (!taken) broken(fmt::format("{} lives, and the coordinator does not know its name", worker->peer()));
    if (taken && known->second.incarnation() == worker->incarnation() && !worker->agent().registered())
      broken(fmt::format("{} is known to the coordinator and does not know it", worker->peer()));
  }
  for (const auto& [name, worker] : coordinator_->workers) {
    const auto lives = [&](const auto& one) { return one->alive() && one->incarnation() == worker.incarnation(); };
    if (!worker.is_lost() && std::none_of(workers_.begin(), workers_.end(), lives))
      broken("the coordinator takes " + name + " for alive, and it is not");
  }
  std::set<std::string> names;
  for (const SimWorker* worker : living())
    if (!names.insert(worker->name()).second) broken("two workers of one name live on: " + worker->name());
  const proto::JobList jobs = coordinator::job_list(*coordinator_, queue_.now());
  if (static_cast<std::size_t>(jobs.jobs_size()) != coordinator_->jobs.size() + coordinator_->past.size())
    broken("a job is missing from the list");
}

std::string SimWorld::line(const proto::Envelope& envelope) const {
  if (!trace_) return {};
  std::string text = envelope.ShortDebugString();
  return text.size() > 300 ? text.substr(0, 300) + " ..." : text;
}

}  // namespace penstock::sim
