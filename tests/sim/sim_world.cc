#include "tests/sim/sim_world.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/coordinator/journal.h"
#include "runtime/coordinator/relearning.h"
#include "tests/sim/sim_plans.h"

namespace penstock::sim {
namespace {

constexpr base::Micros kFaultsUntil = 10'000'000;
constexpr base::Micros kSettled = 90'000'000;  ///< Every deadline has passed by then.
constexpr base::Micros kAskAgain = 300'000;

coordinator::Timing short_timing() {
  coordinator::Timing timing;
  timing.deploy_step = 4'000'000;
  timing.stuck_stop = 4'000'000;
  timing.take_down = 3'000'000;
  timing.keep_lost = 2'000'000;
  timing.relearn = 2'000'000;
  timing.restart_at_most = 2'000'000;
  timing.checkpoint_at_most = 3'000'000;
  return timing;
}

Faults drawn(Random& random) {
  Faults faults;
  faults.drop = random.one_of<double>({0, 0, 0.01, 0.1, 0.3});
  faults.twice = random.one_of<double>({0, 0.01, 0.2});
  faults.latency = random.one_of<base::Micros>({500, 5'000, 50'000, 200'000});
  faults.straggler = random.one_of<double>({0, 0, 0.01, 0.1});
  faults.mishap_every = random.one_of<base::Micros>({100'000'000, 3'000'000, 1'000'000, 300'000});
  faults.journal = random.chance(0.7);
  faults.lost_outcome = random.one_of<double>({0, 0, 0.002, 0.02});
  faults.failed_manifest = random.one_of<double>({0, 0, 0.05});
  return faults;
}

}  // namespace

SimWorld::SimWorld(std::uint64_t seed, bool trace)
    : random_(seed), faults_(drawn(random_)), trace_(trace), disk_([this](const std::string& what) { broken(what); }) {
  const auto there = [this](const coordinator::Part& part, const coordinator::Job& job) {
    return job_at(std::to_string(part.incarnation), {job.id, job.attempt});
  };
  const auto ended = [there](const coordinator::Part& part, const coordinator::Job& job) {
    const SimJob* at = there(part, job);
    return at == nullptr || at->reached_ended();
  };
  const auto held = [this, there](const coordinator::Job& job) {
    if (mishaps_ > 0 || faults_.drop > 0.1) return true;
    return std::any_of(job.parts.begin(), job.parts.end(), [&](const coordinator::Part& part) {
      const SimJob* at = there(part, job);
      return at != nullptr && at->hangs();
    });
  };
  invariants_.emplace([this](const std::string& what) { broken(what); }, ended, held);
}

std::string SimWorld::run() {
  restart_coordinator();
  tick_coordinator();
  const auto workers = random_.between(1, 4);
  for (std::int64_t i = 1; i <= workers; ++i) start_worker("w" + std::to_string(i));
  queue_.after(random_.between(0, 500'000), [this] { client_step(); });
  queue_.after(random_.between(0, faults_.mishap_every), [this] { mishap(); });
  const base::Micros begin = queue_.now();
  queue_.run_until(begin + kFaultsUntil);
  settle();
  queue_.run_until(begin + kFaultsUntil + kSettled);
  if (broken_.empty()) check_end();
  return broken_;
}

void SimWorld::broken(const std::string& what) {
  if (broken_.empty()) broken_ = fmt::format("at {:.3f} s: {}", static_cast<double>(queue_.now()) / 1e6, what);
  trace("BROKEN " + what);
}

void SimWorld::trace(const std::string& text) {
  if (trace_) fmt::print("{:9.4f} {}\n", static_cast<double>(queue_.now()) / 1e6, text);
}

// --- the network

void SimWorld::carry(std::function<void()> deliver) {
  const bool dropped = !calm_ && random_.chance(faults_.drop);
  const bool twice = !calm_ && random_.chance(faults_.twice);
  const auto delay = [this] {
    if (calm_) return random_.between(100, 2'000);
    if (random_.chance(faults_.straggler)) return random_.between(0, 2'000'000);
    return random_.between(50, faults_.latency);
  };
  if (dropped) return trace("  (lost)");
  if (twice) queue_.after(delay(), deliver);
  queue_.after(delay(), std::move(deliver));
}

void SimWorld::to_coordinator(const std::string& peer, const proto::Envelope& envelope) {
  trace(fmt::format("{} -> : {}", peer, line(envelope)));
  carry([this, peer, envelope, life = life_] {
    if (coordinator_ && life == life_) coordinator_hears(peer, envelope);
  });
}

void SimWorld::coordinator_hears(const std::string& peer, const proto::Envelope& envelope) {
  if (envelope.has_request() && envelope.request().has_submit()) {
    const proto::Submit& submit = envelope.request().submit();
    const auto& plan = sim_plans()[submit.key() % sim_plans().size()];
    coordinator::Checkpoints::Place place;
    if (faults_.journal) place = {"sim-" + std::to_string(submit.key()), "file:///store", "token"};
    return decide(coordinator::SubmitCame{{peer, ""}, envelope.request().id(), submit, plan, 1, place});
  }
  decide(coordinator::MessageCame{{peer, ""}, envelope});
}

void SimWorld::decide(decltype(coordinator::Event::what) what) {
  const coordinator::Event event{queue_.now(), queue_.now(), std::move(what)};
  invariants_->before(*coordinator_, queue_.now());
  const auto actions = coordinator::decide(*coordinator_, event);
  invariants_->after(*coordinator_, event, actions);
  for (const coordinator::Action& action : actions) {
    if (const auto* journal = std::get_if<coordinator::Journal>(&action); journal != nullptr && !act(*journal))
      return coordinator_dies();
    if (const auto* write = std::get_if<coordinator::WriteManifest>(&action)) act(*write);
    if (const auto* note = std::get_if<coordinator::NoteFinished>(&action)) act(*note);
    if (const auto* remove = std::get_if<coordinator::RemoveCheckpoints>(&action)) disk_.remove(*remove);
    if (const auto* send = std::get_if<coordinator::Send>(&action)) act(*send);
    if (const auto* tell = std::get_if<coordinator::Tell>(&action)) trace("   [" + tell->level + "] " + tell->text);
  }
}

/// false: the coordinator ends over it.
bool SimWorld::act(const coordinator::Journal& journal) {
  if (!faults_.journal) return true;
  const bool fails = !calm_ && random_.chance(faults_.lost_outcome);
  if (!fails || random_.chance(0.5)) disk_.write(journal);
  if (!fails) return true;
  trace("the outcome of a write to the journal is lost");
  return false;
}

/// In the background: it may be durable although the coordinator has died before it heard of it, or not.
void SimWorld::act(const coordinator::WriteManifest& write) {
  if (!calm_ && random_.chance(faults_.failed_manifest)) {
    queue_.after(random_.between(100, 20'000), [this, write, life = life_] {
      if (coordinator_ && life == life_)
        decide(coordinator::ManifestWritten{write.job, write.manifest,
                                            base::Error{"disk_full", "no space left", {}, false, {}}});
    });
    return;
  }
  queue_.after(random_.between(100, 20'000), [this, write, life = life_] {
    if (life != life_ && random_.chance(0.5)) return;
    disk_.put(*write.manifest);
    queue_.after(random_.between(0, 5'000), [this, write, life] {
      if (coordinator_ && life == life_) decide(coordinator::ManifestWritten{write.job, write.manifest, std::nullopt});
    });
  });
}

void SimWorld::act(const coordinator::NoteFinished& note) {
  queue_.after(random_.between(100, 20'000), [this, note, life = life_] {
    if (life != life_ && random_.chance(0.5)) return;
    disk_.on_finished(note.identity);
    if (coordinator_ && life == life_) decide(coordinator::FinishNoted{note.job});
  });
}

void SimWorld::watch(const proto::Directive& directive) {
  if (!faults_.journal) return;
  if (directive.want() == proto::Directive::ASSIGN) disk_.on_assigned(directive.job(), directive.attempt());
  if (directive.want() == proto::Directive::CHECKPOINT)
    disk_.on_begun(directive.job(), directive.attempt(), directive.epoch(), life_);
}

void SimWorld::act(const coordinator::Send& send) {
  if (send.message.has_directive()) watch(send.message.directive());
  trace(fmt::format("  -> {}: {}", send.peer, line(send.message)));
  if (send.message.has_answer() && send.peer == "client")
    return carry([this, answer = send.message.answer(), life = life_] {
      if (life == life_) client_hears(answer);
    });
  if (void_.contains(send.peer)) return;
  if (by_peer(send.peer) == nullptr) {
    queue_.after(0, [this, peer = send.peer, life = life_] {
      if (coordinator_ && life == life_) decide(coordinator::PeerUnreachable{peer});
    });
    return;
  }
  carry([this, peer = send.peer, message = send.message, life = life_] {
    SimWorker* to = by_peer(peer);
    if (to != nullptr && life == life_) to->hear(message);
  });
}

void SimWorld::tick_coordinator() {
  if (coordinator_) decide(coordinator::TimePassed{});
  queue_.after(100'000, [this] { tick_coordinator(); });
}

void SimWorld::restart_coordinator() {
  ++life_;
  coordinator_.emplace();
  coordinator_->incarnation = random_.next();
  coordinator_->timing = short_timing();
  if (faults_.journal) recall();
  for (SimWorker* worker : living()) worker->reconnect();
  trace("the coordinator starts");
}

void SimWorld::coordinator_dies() {
  trace("the coordinator dies");
  coordinator_.reset();
  queue_.after(random_.between(1'000, 3'000'000), [this] {
    if (!coordinator_) restart_coordinator();
  });
}

void SimWorld::recall() {
  const auto plan_of = [](const proto::Submit& submit) -> base::Result<std::shared_ptr<const topology::Plan>> {
    return sim_plans()[submit.key() % sim_plans().size()];
  };
  const auto recalled = coordinator::recall(*coordinator_, disk_.entries(), plan_of, queue_.now(), queue_.now());
  if (!recalled) return broken("the journal cannot be read: " + recalled.error().text);
  for (auto& [id, job] : coordinator_->jobs) {
    const auto newest = coordinator::newest_checkpoint(job);
    if (!newest) continue;
    const auto* manifest = disk_.find(job.checkpoints.place.job, {newest->epoch(), newest->attempt()});
    if (manifest == nullptr) return broken("a complete checkpoint is gone");
    coordinator::on_newest_read(job, *manifest);
  }
}

// --- workers

SimWorker& SimWorld::start_worker(const std::string& name) {
  proto::Register self;
  self.set_worker(name);
  self.set_incarnation(random_.next() | 1);
  self.set_host("sim");
  self.set_process(static_cast<std::int64_t>(workers_.size()) + 1);
  self.set_slots(static_cast<std::uint32_t>(random_.between(1, 3)));
  self.set_memory_bytes(1 << 28);
  workers_.push_back(std::make_unique<SimWorker>(static_cast<SimCluster&>(*this), self));
  trace("worker " + workers_.back()->peer() + " starts");
  return *workers_.back();
}

SimWorker* SimWorld::by_peer(const std::string& peer) {
  for (const auto& worker : workers_)
    if (worker->alive() && worker->peer() == peer) return worker.get();
  return nullptr;
}

std::vector<SimWorker*> SimWorld::living() {
  std::vector<SimWorker*> found;
  for (const auto& worker : workers_)
    if (worker->alive()) found.push_back(worker.get());
  return found;
}

SimJob* SimWorld::job_at(const std::string& address, worker::JobKey key) {
  for (const auto& worker : workers_) {
    if (!worker->alive() || std::to_string(worker->incarnation()) != address) continue;
    const auto job = worker->jobs().find(key);
    return job == worker->jobs().end() ? nullptr : job->second.get();
  }
  return nullptr;
}

/// The process ends; its connection breaks at once, or its host has gone and nobody says so.
void SimWorld::kill(SimWorker& worker) {
  trace("kill " + worker.peer());
  worker.die();
  if (random_.chance(0.3)) {
    void_.insert(worker.peer());
    return;
  }
  queue_.after(random_.between(100, 5'000), [this] {
    if (coordinator_) decide(coordinator::ConnectionBroke{});
  });
}

void SimWorld::mishap() {
  if (calm_) return;
  ++mishaps_;
  const auto workers = living();
  const std::int64_t kind = random_.between(0, 99);
  if (kind < 10 && coordinator_) {
    coordinator_dies();
  } else if (!workers.empty() && kind < 80) {
    SimWorker& worker = *random_.one_of(workers);
    const std::string name = worker.name();
    if (kind < 35) {
      kill(worker);
      if (random_.chance(0.8)) queue_.after(random_.between(0, 1'500'000), [this, name] { start_worker(name); });
    } else if (kind < 55) {
      trace("freeze " + worker.peer());
      worker.freeze(random_.between(50'000, 3'000'000));
    } else if (kind < 65) {
      trace("reconnect " + worker.peer());
      worker.reconnect();
    } else if (kind < 72) {
      start_worker(name);  // A double.
    } else {
      trace("SIGTERM to " + worker.peer());
      worker.leave();
      queue_.after(random_.between(0, 1'500'000), [this, name] { start_worker(name); });
    }
  }
  queue_.after(random_.between(1, faults_.mishap_every), [this] { mishap(); });
}

}  // namespace penstock::sim
