#include "tests/sim/sim_worker.h"

namespace penstock::sim {

SimWorker::SimWorker(SimCluster& cluster, proto::Register self)
    : cluster_(cluster), self_(std::move(self)), agent_(self_), peer_(self_.worker() + "/" + address()) {
  tick();
}

void SimWorker::when_awake(std::function<void()> event) {
  if (!alive_) return;
  if (cluster_.queue().now() < frozen_until_) return waiting_.push_back(std::move(event));
  event();
}

void SimWorker::freeze(base::Micros length) {
  if (cluster_.queue().now() < frozen_until_) return;
  frozen_until_ = cluster_.queue().now() + length;
  cluster_.queue().after(length, [this] {
    std::vector<std::function<void()>> events;
    events.swap(waiting_);
    for (auto& event : events) when_awake(std::move(event));
  });
}

void SimWorker::die() {
  alive_ = false;
  jobs_.clear();
  waiting_.clear();
}

void SimWorker::reconnect() {
  peer_ += "'";
  when_awake([this] { act(agent_.on_connected(view())); });
}

worker::AgentView SimWorker::view() const {
  worker::AgentView view;
  view.now = cluster_.queue().now();
  for (const auto& [key, job] : jobs_) view.jobs.push_back(job->report());
  return view;
}

/// Looks at its clock every twenty milliseconds, which is often enough.
void SimWorker::tick() {
  if (!alive_) return;
  act(agent_.on_tick(view()));
  dying_.clear();
  cluster_.queue().after(20'000, [this] { when_awake([this] { tick(); }); });
}

void SimWorker::job_changed() {
  cluster_.queue().after(0, [this] { when_awake([this] { act(agent_.on_jobs_changed(view())); }); });
}

void SimWorker::hear(const proto::Envelope& envelope) {
  when_awake([this, envelope] { act(agent_.on_message(envelope, view())); });
}

void SimWorker::leave() {
  when_awake([this] { act(agent_.on_leave_request(view())); });
}

bool SimWorker::holds_earlier(worker::JobKey key) const {
  for (const auto& [other, job] : jobs_)
    if (other.first == key.first && other.second < key.second && job->report().phase() != proto::RELEASED) return true;
  return false;
}

void SimWorker::act(const worker::AgentActions& actions) {
  for (const worker::AgentAction& action : actions) {
    if (!alive_) return;
    if (const auto* sent = std::get_if<worker::SendToCoordinator>(&action)) {
      cluster_.to_coordinator(peer_, sent->envelope);
    } else if (const auto* made = std::get_if<worker::CreateJob>(&action)) {
      auto& job = jobs_[made->job];
      if (!job) job = std::make_unique<SimJob>(static_cast<SimHost&>(*this), made->job, made->assignment);
    } else if (const auto* order = std::get_if<worker::OrderJob>(&action)) {
      if (const auto job = jobs_.find(order->job); job != jobs_.end()) job->second->order(order->directive);
    } else if (const auto* forgotten = std::get_if<worker::ForgetJob>(&action)) {
      const auto job = jobs_.find(forgotten->job);
      if (job == jobs_.end()) continue;
      dying_.push_back(std::move(job->second));
      jobs_.erase(job);
    } else if (const auto* refused = std::get_if<worker::SayRefused>(&action)) {
      if (refused->for_good) die();
    } else if (std::holds_alternative<worker::Exit>(action)) {
      die();
    }
  }
}

}  // namespace penstock::sim
