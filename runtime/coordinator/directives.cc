#include "runtime/coordinator/directives.h"

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
}

Directive directive(const Job& job, const Part& part, Directive::Want want) {
  Directive out;
  out.set_incarnation(part.incarnation);
  out.set_job(job.id);
  out.set_attempt(job.attempt);
  out.set_want(want);
  return out;
}

void send(Turn& turn, const Part& part, Directive directive) {
  const auto worker = turn.state.workers.find(part.worker);
  if (worker == turn.state.workers.end() || worker->second.incarnation() != part.incarnation) return;
  proto::Envelope envelope;
  *envelope.mutable_directive() = std::move(directive);
  turn.send(worker->second.peer, std::move(envelope));
}

/// An assignment with files takes its time: saying it again while it is under way would fill the line. Ten bytes a
/// microsecond are taken for certain.
base::Micros repeat_after(const Turn& turn, const Job& job, std::optional<Directive::Want> want) {
  base::Micros length = turn.state.timing.repeat_every;
  if (want == Directive::ASSIGN)
    for (const proto::ShippedFile& file : job.work.submit.files())
      length += static_cast<base::Micros>(file.content().size()) / 10;
  return length;
}

}  // namespace

std::optional<Directive::Want> wanted(const Job& job, const Part& part) {
  if (part.settled()) return std::nullopt;
  const auto when = [&](proto::Phase phase, Directive::Want want) {
    return part.phase() == phase ? std::optional(want) : std::nullopt;
  };
  switch (job.step) {
    case Step::kAssigning:
      return part.reported ? std::nullopt : std::optional(Directive::ASSIGN);
    case Step::kConnecting:
      return when(proto::ASSIGNED, Directive::CONNECT);
    case Step::kStarting:
      return when(proto::CONNECTED, Directive::START);
    case Step::kRunning:
      return job.stop_asked && !part.report.stopping() ? when(proto::RUNNING, Directive::STOP) : std::nullopt;
    case Step::kReleasing:
      return part.phase() == proto::ENDED ? Directive::RELEASE : Directive::CANCEL;
    case Step::kCancelling:
    case Step::kFailing:
      return Directive::CANCEL;
    case Step::kOver:
      return std::nullopt;
  }
  return std::nullopt;
}

void direct(Turn& turn, Job& job) {
  for (std::size_t i = 0; i < job.parts.size(); ++i) {
    Part& part = job.parts[i];
    const auto want = wanted(job, part);
    const bool due = part.told.want != want || turn.now - part.told.at >= repeat_after(turn, job, want);
    if (want && due) {
      Directive out = directive(job, part, *want);
      if (*want == Directive::ASSIGN) fill_assignment(turn.state, job, i, *out.mutable_assignment());
      if (*want == Directive::CONNECT)
        for (const Part& other : job.parts) out.mutable_endpoints()->MergeFrom(other.report.endpoints());
      send(turn, part, std::move(out));
      part.told.at = turn.now;
    }
    part.told.want = want;
  }
}

void tune(Turn& turn, Job& job, std::size_t index) {
  Part& part = job.parts[index];
  if (job.step != Step::kRunning || part.phase() != proto::RUNNING) return;
  if (turn.now - part.told.tuned_at < turn.state.timing.repeat_every) return;
  Directive out = directive(job, part, Directive::TUNE);
  for (const auto& [number, channel] : job.tuned) {
    if (channel.receiver != index || channel.window_reported == 0) continue;
    if (channel.window_reported == channel.tuner.window()) continue;
    proto::ChannelWindow& window = *out.add_windows();
    window.set_channel(number);
    window.set_bytes(channel.tuner.window());
  }
  if (out.windows_size() == 0) return;
  part.told.tuned_at = turn.now;
  send(turn, part, std::move(out));
}

void order_cancel(Turn& turn, const std::string& peer, std::uint64_t incarnation, const proto::JobReport& report) {
  proto::Envelope envelope;
  Directive& out = *envelope.mutable_directive();
  out.set_incarnation(incarnation);
  out.set_job(report.job());
  out.set_attempt(report.attempt());
  out.set_want(Directive::CANCEL);
  turn.send(peer, std::move(envelope));
}

proto::Envelope acknowledgement(const Worker& worker) {
  proto::Envelope envelope;
  envelope.mutable_heartbeat_ack()->set_incarnation(worker.incarnation());
  envelope.mutable_heartbeat_ack()->set_sequence(worker.sequence);
  return envelope;
}

}  // namespace penstock::coordinator
