#include "runtime/coordinator/directives.h"

#include <algorithm>

#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/coordinator/job_checkpoints.h"

namespace penstock::coordinator {
namespace {

using proto::Directive;

void add_windows(const Job& job, proto::Assignment& to) {
  for (const auto& [number, channel] : job.tuned) {
    proto::ChannelWindow& window = *to.add_windows();
    window.set_channel(number);
    window.set_bytes(channel.tuner.window());
  }
}

void add_places(const State& state, const Job& job, proto::Assignment& to) {
  for (const PlacedWorker& worker : job.work.placement.workers) {
    proto::WorkerPlace& place = *to.add_workers();
    place.set_worker(worker.name);
    place.set_executors(static_cast<std::uint32_t>(worker.executors));
    if (const auto known = state.workers.find(worker.name); known != state.workers.end())
      place.set_public_key(known->second.registered.public_key());
  }
  const auto& chains = job.work.placement.tasks;
  for (std::size_t chain = 0; chain < chains.size(); ++chain) {
    for (std::size_t instance = 0; instance < chains[chain].size(); ++instance) {
      proto::TaskPlace& task = *to.add_tasks();
      task.set_chain(static_cast<std::uint32_t>(chain));
      task.set_instance(static_cast<std::uint32_t>(instance));
      task.set_worker(static_cast<std::uint32_t>(chains[chain][instance].worker));
      task.set_executor(static_cast<std::uint32_t>(chains[chain][instance].executor));
    }
  }
}

void add_checkpoints(const Job& job, proto::CheckpointPlace& to) {
  const Checkpoints& checkpoints = job.checkpoints;
  to.set_job(checkpoints.place.job);
  to.set_store(checkpoints.place.store);
  if (checkpoints.place.store.empty()) return;
  to.set_token_file(checkpoint::kTokenFile);
  to.set_token(checkpoints.place.token);
  if (!checkpoints.restore) return;
  *to.mutable_restore() = *checkpoints.restore;
  to.set_restore_store(checkpoints.restore_store);
}

void fill_assignment(const State& state, const Job& job, std::size_t self, proto::Assignment& to) {
  const proto::Submit& submit = job.work.submit;
  to.set_job_name(job.name());
  to.set_file(submit.file());
  to.set_topology(submit.topology());
  *to.mutable_variables() = submit.variables();
  to.set_parallelism(submit.parallelism());
  to.set_directory(submit.directory());
  *to.mutable_files() = submit.files();
  to.set_self(static_cast<std::uint32_t>(self));
  to.set_plan_checksum(job.work.plan_checksum);
  add_places(state, job, to);
  add_windows(job, to);
  add_checkpoints(job, *to.mutable_checkpoints());
  to.set_one_at_a_time(job.recovery.one_at_a_time_from != 0);
}

Directive directive(const Job& job, const Part& part, Directive::Want want) {
  Directive out;
  out.set_incarnation(part.incarnation);
  out.set_job(job.id);
  out.set_attempt(job.attempt);
  out.set_want(want);
  return out;
}

void send(Turn& turn, const std::string& name, Directive directive) {
  const auto worker = turn.state.workers.find(name);
  if (worker == turn.state.workers.end() || worker->second.incarnation() != directive.incarnation()) return;
  if (worker->second.is_lost()) return;
  proto::Envelope envelope;
  *envelope.mutable_directive() = std::move(directive);
  turn.send(worker->second.peer, std::move(envelope));
}

/// An assignment with files takes its time: saying it again while it is under way would fill the line. Ten bytes a
/// microsecond are taken for certain.
base::Micros repeat_after(const Turn& turn, const Job& job, Directive::Want want) {
  base::Micros length = turn.state.timing.repeat_every;
  if (want == Directive::ASSIGN)
    for (const proto::ShippedFile& file : job.work.submit.files())
      length += static_cast<base::Micros>(file.content().size()) / 10;
  return length;
}

std::vector<Wanted> wanted_while_running(const Job& job, const Part& part) {
  std::vector<Wanted> all;
  const checkpoint::Cycle& cycle = *job.checkpoints.cycle;
  const proto::JobReport& report = part.report;
  if (part.phase() != proto::RUNNING) return all;
  if (job.ending.stop_asked && job.ending.drain && !report.stopping()) all.push_back({Directive::STOP});
  if (cycle.to_publish() > report.published()) all.push_back({Directive::PUBLISH, cycle.to_publish()});
  if (cycle.running() > report.checkpoint()) all.push_back({Directive::CHECKPOINT, cycle.running()});
  if (cycle.may_finish() && !report.finishing()) all.push_back({Directive::FINISH});
  return all;
}

/// Nobody will ever ask for what sinks have staged and not shown: no other attempt follows, and the checkpoint with
/// which the job might be submitted again is published. One that is just being written may be found there later.
bool is_for_good(const Job& job) {
  if (job.step != Step::kCancelling && job.step != Step::kFailing) return false;
  const Checkpoints& checkpoints = job.checkpoints;
  const bool was_shown = job.times.running_since.has_value();  // Sinks show what they find staged when they are opened.
  if (checkpoints.writing || (checkpoints.restore && !checkpoints.own && !was_shown)) return false;
  const auto& kept = checkpoints.kept;
  return kept.empty() || summary_of(job, kept.back()).published();
}

void tell(Turn& turn, Job& job, std::size_t index, const Wanted& wanted) {
  const Part& part = job.parts[index];
  Directive out = directive(job, part, wanted.want);
  out.set_epoch(wanted.epoch);
  if (wanted.want == Directive::CANCEL) out.set_for_good(is_for_good(job));
  if (wanted.want == Directive::ASSIGN) fill_assignment(turn.state, job, index, *out.mutable_assignment());
  if (wanted.want == Directive::CONNECT)
    for (const Part& other : job.parts) out.mutable_endpoints()->MergeFrom(other.report.endpoints());
  send(turn, part.worker, std::move(out));
}

void direct(Turn& turn, Job& job, std::size_t index) {
  Part& part = job.parts[index];
  const std::vector<Wanted> all = wanted(job, part);
  std::erase_if(part.told, [&](const auto& told) {
    return std::none_of(all.begin(), all.end(), [&](const Wanted& one) { return one.want == told.first; });
  });
  for (const Wanted& one : all) {
    const auto told = part.told.find(one.want);
    const bool is_news = told == part.told.end() || told->second.epoch != one.epoch;
    if (!is_news && turn.now - told->second.at < repeat_after(turn, job, one.want)) continue;
    tell(turn, job, index, one);
    part.told[one.want] = {one.epoch, turn.now};
  }
}

void cancel_leftovers(Turn& turn, Job& job) {
  for (Leftover& leftover : job.recovery.leftovers) {
    if (leftover.told_at != 0 && turn.now - leftover.told_at < turn.state.timing.repeat_every) continue;
    leftover.told_at = turn.now;
    Directive out;
    out.set_incarnation(leftover.incarnation);
    out.set_job(job.id);
    out.set_attempt(leftover.attempt);
    out.set_want(Directive::CANCEL);
    send(turn, leftover.worker, std::move(out));
  }
}

}  // namespace

std::vector<Wanted> wanted(const Job& job, const Part& part) {
  if (part.settled()) return {};
  const auto when = [&](proto::Phase phase, Directive::Want want) {
    return part.phase() == phase ? std::vector<Wanted>{{want}} : std::vector<Wanted>{};
  };
  switch (job.step) {
    case Step::kAssigning:
      return part.reported ? std::vector<Wanted>{} : std::vector<Wanted>{{Directive::ASSIGN}};
    case Step::kConnecting:
      return when(proto::ASSIGNED, Directive::CONNECT);
    case Step::kStarting:
      return when(proto::CONNECTED, Directive::START);
    case Step::kRunning:
      return wanted_while_running(job, part);
    case Step::kReleasing:
      // Of one that has not been heard yet nobody knows whether its tasks have ended.
      if (job.ending.note != Job::Ending::Note::kDone || part.phase() == proto::PHASE_UNKNOWN) return {};
      return {{part.phase() == proto::ENDED ? Directive::RELEASE : Directive::CANCEL}};
    case Step::kRecovering:
    case Step::kCancelling:
    case Step::kFailing:
      return {{Directive::CANCEL}};
    case Step::kRelearning:
    case Step::kOver:
      return {};
  }
  return {};
}

void direct(Turn& turn, Job& job) {
  cancel_leftovers(turn, job);  // First: what they hold may be needed.
  for (std::size_t i = 0; i < job.parts.size(); ++i) direct(turn, job, i);
}

void tune(Turn& turn, Job& job, std::size_t index) {
  Part& part = job.parts[index];
  if (job.step != Step::kRunning || part.phase() != proto::RUNNING) return;
  if (turn.now - part.tuned_at < turn.state.timing.repeat_every) return;
  Directive out = directive(job, part, Directive::TUNE);
  for (const auto& [number, channel] : job.tuned) {
    if (channel.receiver != index || channel.window_reported == 0) continue;
    if (channel.window_reported == channel.tuner.window()) continue;
    proto::ChannelWindow& window = *out.add_windows();
    window.set_channel(number);
    window.set_bytes(channel.tuner.window());
  }
  if (out.windows_size() == 0) return;
  part.tuned_at = turn.now;
  send(turn, part.worker, std::move(out));
}

namespace {

bool has_ended_well(const State& state, std::uint64_t id, std::uint32_t attempt) {
  const auto in = [attempt](std::uint32_t last, proto::JobState how) {
    return last == attempt && (how == proto::FINISHED || how == proto::STOPPED);
  };
  if (const auto past = state.past.find(id); past != state.past.end())
    return in(past->second.summary.attempt(), past->second.summary.state());
  const auto job = state.jobs.find(id);
  return job != state.jobs.end() && job->second.is_over() && in(job->second.attempt, job->second.ending.outcome);
}

}  // namespace

void order_to_let_go(Turn& turn, const std::string& peer, std::uint64_t incarnation, const proto::JobReport& report) {
  const bool has_finished = has_ended_well(turn.state, report.job(), report.attempt());
  proto::Envelope envelope;
  Directive& out = *envelope.mutable_directive();
  out.set_incarnation(incarnation);
  out.set_job(report.job());
  out.set_attempt(report.attempt());
  out.set_want(has_finished && report.phase() == proto::ENDED ? Directive::RELEASE : Directive::CANCEL);
  turn.send(peer, std::move(envelope));
}

proto::Envelope acknowledgement(const Worker& worker) {
  proto::Envelope envelope;
  envelope.mutable_heartbeat_ack()->set_incarnation(worker.incarnation());
  envelope.mutable_heartbeat_ack()->set_sequence(worker.sequence);
  return envelope;
}

}  // namespace penstock::coordinator
