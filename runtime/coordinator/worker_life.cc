#include "runtime/coordinator/worker_life.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "proto/messages.h"
#include "runtime/coordinator/directives.h"
#include "runtime/coordinator/job_end.h"
#include "runtime/coordinator/job_life.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/coordinator/relearning.h"

namespace penstock::coordinator {
namespace {

using proto::WorkerSummary;

constexpr std::uint64_t kMostJobNumber = 1ULL << 31;

constexpr std::size_t kLongestName = 64, kLongestHost = 255;

bool is_name(const std::string& name, std::size_t longest) {
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::string person(const proto::Register& worker) {
  return fmt::format("worker '{}' (host {}, process {})", worker.worker(), worker.host(), worker.process());
}

void refuse(Turn& turn, const Peer& from, std::string code, std::string text) {
  proto::Envelope envelope;
  envelope.mutable_answer()->set_software(PENSTOCK_VERSION);
  *envelope.mutable_answer()->mutable_error() =
      proto::to_proto({std::move(code), std::move(text), base::Origin::kUser, false, {}});
  turn.send(from.id, std::move(envelope));
}

void welcome(Turn& turn, const Worker& worker) {
  proto::Envelope envelope;
  proto::Registered& registered = *envelope.mutable_registered();
  registered.set_incarnation(worker.incarnation());
  registered.set_coordinator(turn.state.incarnation);
  registered.set_heartbeat_every_us(turn.state.timing.heartbeat_every);
  registered.set_lease_us(turn.state.timing.lease);
  turn.send(worker.peer, std::move(envelope));
}

/// The jobs in which this worker has a part that still counts.
template <class Do>
void for_each_part(State& state, const Worker& worker, Do&& action) {
  for (auto& [id, job] : state.jobs) {
    const auto part = part_of(job, worker.name(), worker.incarnation());
    if (part && !job.parts[*part].gone) action(job, *part);
  }
}

void lose(Turn& turn, Worker& worker, const std::string& why) {
  worker.state = WorkerSummary::LOST;
  turn.tell("warn", fmt::format("{} is lost: {}", person(worker.registered), why));
  proto::Error cause;
  cause.set_code("worker_lost");
  cause.set_text(fmt::format("{} is gone: {}; its log tells more", person(worker.registered), why));
  cause.set_where("worker " + worker.name());
  cause.set_origin(proto::Error::ENVIRONMENT);
  cause.set_restart_helps(true);
  for (auto& [id, job] : turn.state.jobs) {
    if (job.is_over()) continue;
    forget_worker(job, worker);
    const auto part = part_of(job, worker.name(), worker.incarnation());
    part && !job.parts[*part].gone ? on_worker_lost(turn, job, *part, cause) : advance(turn, job);
  }
}

bool may_register(Turn& turn, const Peer& from, const proto::Register& message) {
  const auto known = turn.state.workers.find(message.worker());
  if (!is_name(message.worker(), kLongestName)) {
    refuse(turn, from, "bad_worker", "a worker's name has 1 to 64 letters, digits, '_', '-' and '.'");
  } else if (!message.host().empty() && !is_name(message.host(), kLongestHost)) {
    refuse(turn, from, "bad_worker", "a host's name has 1 to 255 letters, digits, '_', '-' and '.'");
  } else if (message.slots() < 1 || message.slots() > 1024) {
    refuse(turn, from, "bad_worker", "a worker has 1 to 1024 slots");
  } else if (known == turn.state.workers.end()) {
    if (turn.state.workers.size() < kMostWorkers) return true;
    refuse(turn, from, "too_many_workers", fmt::format("there are {} workers already", kMostWorkers));
  } else if (!known->second.is_lost() && known->second.incarnation() != message.incarnation()) {
    refuse(turn, from, "name_taken",
           fmt::format("{} is here under that name already; give this one another: penstock worker --name NAME",
                       person(known->second.registered)));
    turn.send(known->second.peer, acknowledgement(known->second));  // Is it really still there?
  } else if (!known->second.is_lost() && known->second.principal != from.principal) {
    refuse(turn, from, "name_taken", "a worker of that name has registered with another key");
  } else {
    return true;
  }
  return false;
}

bool is_incarnation(const State& state, const std::string& name, std::uint64_t incarnation) {
  const auto known = state.workers.find(name);
  return known != state.workers.end() && !known->second.is_lost() && known->second.incarnation() == incarnation;
}

bool is_current(const State& state, const Peer& from, const std::string& name, std::uint64_t incarnation) {
  return is_incarnation(state, name, incarnation) && state.workers.at(name).peer == from.id;
}

void take_usage(Worker& worker, const proto::Heartbeat& message, base::Micros now) {
  Worker::Usage& usage = worker.usage;
  const base::Micros passed = now - usage.at;
  if (usage.at > 0 && passed > 0)
    usage.cpu_percent = std::max(0.0, (message.cpu_seconds() - usage.cpu_seconds) * 1e8 / static_cast<double>(passed));
  usage.at = now;
  usage.cpu_seconds = message.cpu_seconds();
  usage.resident_bytes = message.resident_bytes();
}

/// A part that is awaited: a coordinator that was started anew hears of it before its worker has registered.
bool is_known_part(const State& state, const proto::Heartbeat& message, const proto::JobReport& report) {
  const auto job = state.jobs.find(report.job());
  if (job == state.jobs.end() || job->second.attempt != report.attempt()) return false;
  const auto part = part_of(job->second, message.worker(), message.incarnation());
  return part && !job->second.parts[*part].gone;
}

/// Of an earlier attempt of a job that goes on: it is told to let go of it by that job.
bool is_live_leftover(const State& state, const proto::JobReport& report) {
  const auto job = state.jobs.find(report.job());
  return job != state.jobs.end() && !job->second.is_over() && report.attempt() < job->second.attempt;
}

/// Reports that belong to a part of this worker; all others are of jobs that should not be there.
void take_reports(Turn& turn, const Worker& worker, const proto::Heartbeat& message) {
  for (const proto::JobReport& report : message.jobs())  // First: the next attempt may have to wait for them.
    if (is_live_leftover(turn.state, report)) on_leftover(turn, turn.state.jobs.at(report.job()), worker, report);
  for (const proto::JobReport& report : message.jobs()) {
    const auto job = turn.state.jobs.find(report.job());
    const auto part = job == turn.state.jobs.end() || job->second.attempt != report.attempt()
                          ? std::nullopt
                          : part_of(job->second, worker.name(), worker.incarnation());
    if (part && !job->second.parts[*part].gone) {
      on_report(turn, job->second, *part, report);
    } else if (!is_live_leftover(turn.state, report) && report.phase() != proto::RELEASED) {
      order_to_let_go(turn, worker.peer, worker.incarnation(), report);
    }
    if (report.job() >= turn.state.next_job && report.job() < kMostJobNumber) turn.state.next_job = report.job() + 1;
  }
  const auto reports = [&](std::uint64_t id, std::uint32_t attempt) {
    return std::any_of(message.jobs().begin(), message.jobs().end(),
                       [=](const auto& report) { return report.job() == id && report.attempt() == attempt; });
  };
  for_each_part(turn.state, worker, [&](Job& job, std::size_t part) {
    if (!reports(job.id, job.attempt)) on_not_reported(turn, job, part);
  });
  for (auto& [id, job] : turn.state.jobs) {
    const bool waits = job.step == Step::kRelearning || job.step == Step::kRecovering;
    if (job.is_over() || (!waits && job.recovery.leftovers.empty())) continue;
    look_for_missing(turn, job, worker, message);
    on_leftovers_reported(turn, job, worker, message);
    advance(turn, job);
  }
}

void heard(const Turn& turn, Worker& worker) {
  worker.heard_at = turn.now;
  worker.excused = false;
}

}  // namespace

void on_register(Turn& turn, const Peer& from, const proto::Register& message) {
  if (!may_register(turn, from, message)) return;
  Worker& worker = turn.state.workers[message.worker()];
  const bool anew = worker.incarnation() != message.incarnation() || worker.is_lost();
  if (anew) worker = {};
  worker.registered = message;
  worker.peer = from.id;
  worker.principal = from.principal;
  heard(turn, worker);
  if (anew)
    turn.tell("info", fmt::format("{} has come, with {} slot{}", person(message), message.slots(),
                                  message.slots() == 1 ? "" : "s"));
  welcome(turn, worker);
}

void on_heartbeat(Turn& turn, const Peer& from, const proto::Heartbeat& message) {
  if (!is_current(turn.state, from, message.worker(), message.incarnation())) {
    const bool only_reconnected = is_incarnation(turn.state, message.worker(), message.incarnation());
    for (const proto::JobReport& report : message.jobs())
      if (!only_reconnected && report.phase() != proto::RELEASED && !is_known_part(turn.state, message, report))
        order_to_let_go(turn, from.id, message.incarnation(), report);
    return refuse(turn, from, "not_registered", "this worker has to register (again)");
  }
  Worker& worker = turn.state.workers.at(message.worker());
  if (worker.reported && message.sequence() <= worker.sequence) return;  // A late one, or one that came twice.
  heard(turn, worker);
  worker.reported = true;
  worker.sequence = message.sequence();
  if (message.draining()) drain(turn, worker);
  take_usage(worker, message, turn.now);
  take_reports(turn, worker, message);
  turn.send(worker.peer, acknowledgement(worker));
}

void on_leave(Turn& turn, const Peer& from, const proto::Leave& message) {
  if (!is_current(turn.state, from, message.worker(), message.incarnation())) return;
  Worker& worker = turn.state.workers.at(message.worker());
  bool has_jobs = false;
  for_each_part(turn.state, worker, [&](Job& job, std::size_t part) { has_jobs |= !job.parts[part].settled(); });
  if (has_jobs) return lose(turn, worker, "it has left while the job was there");
  turn.tell("info", person(worker.registered) + " has left");
  turn.state.workers.erase(message.worker());
}

void on_unreachable(Turn& turn, const std::string& peer) {
  for (auto& [name, worker] : turn.state.workers)
    if (worker.peer == peer && !worker.is_lost()) return lose(turn, worker, "its connection has broken");
}

void probe_all(Turn& turn) {
  for (const auto& [name, worker] : turn.state.workers)
    if (!worker.is_lost()) turn.send(worker.peer, acknowledgement(worker));
}

void on_paused(Turn& turn, base::Micros length) {
  for (auto& [name, worker] : turn.state.workers)
    if (!worker.is_lost() && !std::exchange(worker.excused, true))
      worker.heard_at = std::min(turn.now, worker.heard_at + length);
  if (length < turn.state.timing.lease) return;  // Nothing would have come of it.
  const std::string told = "the coordinator itself did not run for " + length_of_time(length);
  turn.tell("warn", told + " (frozen, or its machine was); its workers are given that time");
  for (auto& [id, job] : turn.state.jobs) {
    if (job.is_over()) continue;
    turn.note(job, "warn", told);
    if (job.waiting.deadline != base::kEndOfTime) job.waiting.deadline += length;
  }
}

void on_time_of_workers(Turn& turn) {
  const Timing& timing = turn.state.timing;
  for (auto at = turn.state.workers.begin(); at != turn.state.workers.end();) {
    Worker& worker = at->second;
    const base::Micros silent = turn.now - worker.heard_at;
    if (!worker.is_lost() && silent >= timing.lease)
      lose(turn, worker, "nothing was heard of it for " + length_of_time(silent));
    at = worker.is_lost() && silent >= timing.keep_lost ? turn.state.workers.erase(at) : std::next(at);
  }
}

void drain(Turn& turn, Worker& worker) {
  if (worker.state != WorkerSummary::ACTIVE) return;
  worker.state = WorkerSummary::DRAINING;
  turn.tell("info", person(worker.registered) + " drains: it gets no new tasks");
}

}  // namespace penstock::coordinator
