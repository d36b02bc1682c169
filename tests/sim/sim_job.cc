#include "tests/sim/sim_job.h"

#include <algorithm>

namespace penstock::sim {

SimJob::SimJob(SimHost& host, worker::JobKey key, const proto::Assignment& assignment)
    : host_(host), key_(key), assignment_(assignment) {
  report_.set_job(key.first);
  report_.set_attempt(key.second);
  Random& random = host_.random();
  hangs_ = random.chance(0.01);
  never_drains_ = random.chance(0.03);
  if (!hangs_) plan(random.chance(0.05) ? random.between(0, 2'000'000) : random.between(100, 30'000), &SimJob::built);
}

SimJob::~SimJob() { *alive_ = false; }

void SimJob::plan(base::Micros delay, void (SimJob::*event)()) {
  host_.queue().after(delay, [this, event, alive = alive_] {
    if (!*alive) return;
    host_.when_awake([this, event, alive] {
      if (*alive) (this->*event)();
    });
  });
}

void SimJob::reach(proto::Phase phase) {
  report_.set_phase(phase);
  if (phase == proto::CONNECTED) connected_ = true;
  if (phase == proto::ENDED) ended_ = true;
  host_.job_changed();
}

void SimJob::fail(const std::string& code, const std::string& text, const std::string& lost_peer) {
  report_.mutable_error()->set_code(code);
  report_.mutable_error()->set_text(text);
  report_.set_lost_peer(lost_peer);
  reach(proto::FAILED);
}

void SimJob::built() {
  if (taking_down_) return;
  if (host_.random().chance(0.01)) return fail("file_not_found", "no such file");
  proto::Endpoint& endpoint = *report_.add_endpoints();
  endpoint.set_worker(assignment_.self());
  endpoint.set_address(host_.address());
  reach(proto::ASSIGNED);
}

void SimJob::order(const proto::Directive& directive) {
  Random& random = host_.random();
  switch (directive.want()) {
    case proto::Directive::CONNECT:
      if (!is(proto::ASSIGNED) || !endpoints_.empty()) return;
      if (host_.holds_earlier(key_)) host_.broken("channels are opened while an earlier attempt is still there");
      endpoints_.assign(directive.endpoints().begin(), directive.endpoints().end());
      return plan(random.between(100, 20'000), &SimJob::try_links);
    case proto::Directive::START:
      return is(proto::CONNECTED) ? start() : void();
    case proto::Directive::STOP:
      if (!is(proto::RUNNING) || report_.stopping()) return;
      report_.set_stopping(true);
      return never_drains_ ? void() : plan(random.between(100, 500'000), &SimJob::drain);
    case proto::Directive::CHECKPOINT:
      return is(proto::RUNNING) && directive.epoch() > report_.checkpoint() ? begin_checkpoint(directive.epoch())
                                                                            : void();
    case proto::Directive::PUBLISH:
      if (!is(proto::RUNNING) || directive.epoch() <= to_publish_) return;
      to_publish_ = directive.epoch();
      return plan(random.between(100, 50'000), &SimJob::publish);
    case proto::Directive::FINISH:
      if (!is(proto::RUNNING) || report_.finishing()) return;
      if (!report_.drained()) host_.broken("a job is told to finish before it is drained");
      if (report_.published() < report_.checkpoint()) host_.broken("a job is told to finish before it has shown all");
      report_.set_finishing(true);
      return plan(random.between(100, 20'000), &SimJob::end);
    case proto::Directive::RELEASE:
      if (!is(proto::ENDED)) return;
      if (!assignment_.checkpoints().store().empty()) host_.disk().forget(assignment_.checkpoints().job());
      return reach(proto::RELEASED);
    case proto::Directive::CANCEL:
      if (taking_down_ || is(proto::RELEASED)) return;
      taking_down_ = true;
      return hangs_ ? void() : plan(random.chance(0.05) ? 1'000'000 : random.between(100, 20'000), &SimJob::taken_down);
    default:
      return;
  }
}

/// A peer that is there but not yet bound, or frozen, is waited for; one that is gone is a broken link.
void SimJob::try_links() {
  if (!is(proto::ASSIGNED)) return;
  if (static_cast<int>(endpoints_.size()) != assignment_.workers_size())
    host_.broken("a job was connected before all endpoints were known");
  for (const proto::Endpoint& endpoint : endpoints_) {
    if (endpoint.address() == host_.address()) continue;
    const SimJob* peer = host_.job_at(endpoint.address(), key_);
    const std::string name = assignment_.workers(static_cast<int>(endpoint.worker())).worker();
    if (peer == nullptr || peer->is(proto::FAILED) || peer->is(proto::RELEASED))
      return fail("peer_lost", "the connection to worker '" + name + "' has broken", name);
  }
  if (!assignment_.checkpoints().store().empty() && !host_.disk().open(assignment_.checkpoints(), key_.second))
    return fail("fenced", "a later attempt has opened the sink");
  reach(proto::CONNECTED);
  plan(host_.random().between(1'000, 30'000), &SimJob::watch_peers);
}

void SimJob::start() {
  for (const proto::Endpoint& endpoint : endpoints_) {
    const SimJob* peer = endpoint.address() == host_.address() ? this : host_.job_at(endpoint.address(), key_);
    if (peer != nullptr && !peer->reached_connected())
      host_.broken("a job was started before all of its channels were open");
  }
  Random& random = host_.random();
  if (random.chance(0.6)) plan(random.between(1'000, 6'000'000), &SimJob::drain);
  if (random.chance(0.03)) plan(random.between(1'000, 3'000'000), &SimJob::fail_of_itself);
  reach(proto::RUNNING);
}

void SimJob::watch_peers() {
  if (!is(proto::CONNECTED) && !is(proto::RUNNING)) return;
  for (const proto::Endpoint& endpoint : endpoints_) {
    if (endpoint.address() == host_.address()) continue;
    const SimJob* peer = host_.job_at(endpoint.address(), key_);
    if (peer != nullptr && !peer->is(proto::FAILED) && !peer->is(proto::RELEASED)) continue;
    const std::string name = assignment_.workers(static_cast<int>(endpoint.worker())).worker();
    return fail("peer_lost", "the connection to worker '" + name + "' has broken", name);
  }
  plan(host_.random().between(1'000, 30'000), &SimJob::watch_peers);
}

void SimJob::drain() {
  if (!is(proto::RUNNING) || report_.drained()) return;
  report_.set_drained(true);
  host_.job_changed();
}

int SimJob::tasks() const {
  int tasks = 0;
  for (const proto::TaskPlace& task : assignment_.tasks()) tasks += task.worker() == assignment_.self() ? 1 : 0;
  return tasks;
}

void SimJob::begin_checkpoint(std::uint64_t epoch) {
  report_.set_checkpoint(epoch);
  report_.clear_snapshots();
  plan(host_.random().between(100, 30'000), &SimJob::snapshot);
}

/// One task after the other; a checkpoint that was begun meanwhile takes the place of this one.
void SimJob::snapshot() {
  if (!is(proto::RUNNING) || report_.snapshots_size() >= tasks()) return;
  int skip = report_.snapshots_size();
  for (const proto::TaskPlace& task : assignment_.tasks()) {
    if (task.worker() != assignment_.self() || skip-- > 0) continue;
    proto::SnapshotReport& snapshot = *report_.add_snapshots();
    snapshot.set_epoch(report_.checkpoint());
    snapshot.mutable_handle()->set_chain("chain" + std::to_string(task.chain()));
    snapshot.mutable_handle()->set_instance(task.instance());
    if (host_.random().chance(0.02)) snapshot.mutable_error()->set_code("disk_full");
    break;
  }
  host_.job_changed();
  if (report_.snapshots_size() < tasks()) plan(host_.random().between(100, 30'000), &SimJob::snapshot);
}

void SimJob::publish() {
  if (!is(proto::RUNNING) || taking_down_) return;
  const proto::CheckpointPlace& place = assignment_.checkpoints();
  if (!place.store().empty() && !host_.disk().publish(place.job(), key_.second, to_publish_))
    return fail("fenced", "a later attempt has opened the sink");
  report_.set_published(std::max(report_.published(), to_publish_));
  host_.job_changed();
}

void SimJob::end() {
  if (is(proto::RUNNING) && !taking_down_) reach(proto::ENDED);
}
void SimJob::fail_of_itself() {
  if (is(proto::RUNNING)) fail("bad_row", "a row could not be read");
}
void SimJob::taken_down() { reach(proto::RELEASED); }

}  // namespace penstock::sim
