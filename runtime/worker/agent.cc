#include "runtime/worker/agent.h"

#include <algorithm>

#include "proto/messages.h"

namespace penstock::worker {
namespace {

constexpr base::Micros kRegisterEvery = 200'000;
constexpr base::Micros kNameMayBecomeFree = 5'000'000;  // Until a predecessor that has died is known to be gone.

constexpr std::size_t kMostRemembered = 4'096;

JobKey key_of(const proto::JobReport& report) { return {report.job(), report.attempt()}; }

/// Whether an order still has something to do for a job that stands like this.
bool fits(const proto::Directive& directive, const proto::JobReport& report) {
  const proto::Phase phase = report.phase();
  switch (directive.want()) {
    case proto::Directive::CONNECT:
      return phase == proto::ASSIGNED;
    case proto::Directive::START:
      return phase == proto::CONNECTED;
    case proto::Directive::STOP:
    case proto::Directive::TUNE:
      return phase == proto::RUNNING;
    case proto::Directive::CHECKPOINT:
      return phase == proto::RUNNING && report.checkpoint() < directive.epoch();
    case proto::Directive::PUBLISH:
      return phase == proto::RUNNING && report.published() < directive.epoch();
    case proto::Directive::FINISH:
      return phase == proto::RUNNING && !report.finishing();
    case proto::Directive::RELEASE:
      return phase == proto::ENDED;
    case proto::Directive::CANCEL:
      return phase != proto::RELEASED;
    default:
      return false;
  }
}

}  // namespace

AgentActions Agent::on_tick(const AgentView& view) {
  AgentActions actions;
  if (left_) return actions;
  if (registered_ && view.now - heard_at_ > lease_) {
    registered_ = false;
    register_at_ = view.now;
    if (!silence_said_) actions.push_back(SayCoordinatorSilent{});
    silence_said_ = true;
  }
  if (!registered_) {
    if (view.now >= register_at_) send_register(view, actions);
  } else if (view.now >= heartbeat_at_) {
    send_heartbeat(view, actions);
  }
  leave_when_empty(view, actions);
  return actions;
}

AgentActions Agent::on_connected(const AgentView& view) {
  AgentActions actions;
  if (!left_) registered_ ? send_heartbeat(view, actions) : send_register(view, actions);
  return actions;
}

AgentActions Agent::on_jobs_changed(const AgentView& view) {
  AgentActions actions;
  if (registered_) send_heartbeat(view, actions);
  leave_when_empty(view, actions);
  return actions;
}

AgentActions Agent::on_leave_request(const AgentView& view) {
  AgentActions actions;
  leaving_ = true;
  if (registered_) send_heartbeat(view, actions);
  leave_when_empty(view, actions);
  return actions;
}

AgentActions Agent::on_message(const proto::Envelope& envelope, const AgentView& view) {
  AgentActions actions;
  if (left_) return actions;
  if (envelope.has_registered())
    on_registered(envelope.registered(), view, actions);
  else if (envelope.has_heartbeat_ack())
    on_ack(envelope.heartbeat_ack(), view, actions);
  else if (envelope.has_directive())
    on_directive(envelope.directive(), view, actions);
  else if (envelope.has_answer() && envelope.answer().has_error())
    on_refusal(proto::from_proto(envelope.answer().error()), view, actions);
  return actions;
}

void Agent::on_registered(const proto::Registered& registered, const AgentView& view, AgentActions& actions) {
  if (registered.incarnation() != self_.incarnation()) return;
  heard_at_ = view.now;
  if (registered_ && coordinator_ == registered.coordinator()) return;  // A repeat.
  heartbeat_every_ = std::max<base::Micros>(registered.heartbeat_every_us(), 1'000);
  lease_ = std::max<base::Micros>(registered.lease_us(), heartbeat_every_);
  if (coordinator_ != registered.coordinator()) over_.clear();  // A new one may give old numbers anew.
  coordinator_ = registered.coordinator();
  registered_ = true;
  silence_said_ = false;
  refused_since_.reset();
  actions.push_back(SayRegistered{was_registered_});
  was_registered_ = true;
  send_heartbeat(view, actions);
}

void Agent::on_ack(const proto::HeartbeatAck& ack, const AgentView& view, AgentActions& actions) {
  if (ack.incarnation() != self_.incarnation() || !registered_) return;
  heard_at_ = view.now;
  for (auto at = shown_released_.begin(); at != shown_released_.end();) {
    if (at->second > ack.sequence()) {
      ++at;
      continue;
    }
    if (never_here_.erase(at->first) == 0) actions.push_back(ForgetJob{at->first});
    over_.push_back(at->first);
    if (over_.size() > kMostRemembered) over_.pop_front();
    at = shown_released_.erase(at);
  }
}

void Agent::on_directive(const proto::Directive& directive, const AgentView& view, AgentActions& actions) {
  if (directive.incarnation() != self_.incarnation()) return;
  heard_at_ = view.now;
  const JobKey key{directive.job(), directive.attempt()};
  const auto known =
      std::find_if(view.jobs.begin(), view.jobs.end(), [&](const auto& report) { return key_of(report) == key; });
  if (known == view.jobs.end()) return on_directive_for_unknown(directive, view, actions);
  if (fits(directive, *known)) actions.push_back(OrderJob{key, directive});
}

/// The coordinator waits for an answer to these two, even when there is nothing to do.
void Agent::on_directive_for_unknown(const proto::Directive& directive, const AgentView& view, AgentActions& actions) {
  const JobKey key{directive.job(), directive.attempt()};
  const bool assign = directive.want() == proto::Directive::ASSIGN && directive.has_assignment();
  const bool cancel = directive.want() == proto::Directive::CANCEL;
  if ((!assign && !cancel) || std::find(over_.begin(), over_.end(), key) != over_.end()) return;
  if (assign && never_here_.contains(key)) return;
  if (assign && !leaving_) {
    actions.push_back(CreateJob{key, directive.assignment()});
    return;
  }
  proto::JobReport& report = never_here_[key];
  report.set_job(key.first);
  report.set_attempt(key.second);
  report.set_phase(cancel ? proto::RELEASED : proto::FAILED);
  if (assign)
    *report.mutable_error() = proto::to_proto(
        {"worker_draining", "this worker is about to end and takes no new job", base::Origin::kEnvironment, true, {}});
  if (registered_) send_heartbeat(view, actions);
}

void Agent::on_refusal(const base::Error& error, const AgentView& view, AgentActions& actions) {
  if (error.code == "not_registered") {
    registered_ = false;
    if (view.now >= register_at_) send_register(view, actions);
    return;
  }
  if (registered_) return;
  if (!refused_since_) refused_since_ = view.now;
  const bool name_taken = error.code == "name_taken";
  const bool may_change = name_taken ? view.now - *refused_since_ < kNameMayBecomeFree : was_registered_;
  actions.push_back(SayRefused{error, !may_change});
}

void Agent::send_register(const AgentView& view, AgentActions& actions) {
  register_at_ = view.now + kRegisterEvery;
  proto::Envelope envelope;
  *envelope.mutable_register_worker() = self_;
  actions.push_back(SendToCoordinator{std::move(envelope)});
}

void Agent::send_heartbeat(const AgentView& view, AgentActions& actions) {
  heartbeat_at_ = view.now + heartbeat_every_;
  proto::Envelope envelope;
  proto::Heartbeat& heartbeat = *envelope.mutable_heartbeat();
  heartbeat.set_worker(self_.worker());
  heartbeat.set_incarnation(self_.incarnation());
  heartbeat.set_sequence(++sequence_);
  heartbeat.set_cpu_seconds(view.usage.cpu_seconds);
  heartbeat.set_resident_bytes(view.usage.resident_bytes);
  heartbeat.set_draining(leaving_);
  show_jobs(view.jobs, heartbeat);
  for (const auto& [key, report] : never_here_) show_jobs({report}, heartbeat);
  actions.push_back(SendToCoordinator{std::move(envelope)});
}

void Agent::show_jobs(const std::vector<proto::JobReport>& jobs, proto::Heartbeat& heartbeat) {
  for (const proto::JobReport& report : jobs) {
    *heartbeat.add_jobs() = report;
    if (report.phase() == proto::RELEASED) shown_released_.emplace(key_of(report), sequence_);
  }
}

void Agent::leave_when_empty(const AgentView& view, AgentActions& actions) {
  if (!leaving_ || left_ || !view.jobs.empty()) return;
  if (registered_ && !never_here_.empty()) return;
  left_ = true;
  proto::Envelope envelope;
  envelope.mutable_leave()->set_worker(self_.worker());
  envelope.mutable_leave()->set_incarnation(self_.incarnation());
  if (was_registered_) actions.push_back(SendToCoordinator{std::move(envelope)});
  actions.push_back(Exit{});
}

}  // namespace penstock::worker
