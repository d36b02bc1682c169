#include "runtime/coordinator/answers.h"

#include <algorithm>

#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"
#include "runtime/coordinator/job_checkpoints.h"
#include "runtime/coordinator/measurement.h"
#include "topology/plan_text.h"

namespace penstock::coordinator {
namespace {

constexpr std::size_t kMostChannelsShown = 2'000;
constexpr std::size_t kMostLinesShown = 500;

std::uint32_t tasks_of(const Job& job, const std::string& worker) {
  std::uint32_t tasks = 0;
  for (const auto& chain : job.work.placement.tasks)
    for (const TaskPlace& task : chain)
      tasks += job.parts[static_cast<std::size_t>(task.worker)].worker == worker ? 1 : 0;
  return tasks;
}

proto::WorkerSummary summary_of(const State& state, const Worker& worker, base::Micros now) {
  proto::WorkerSummary summary;
  const proto::Register& registered = worker.registered;
  summary.set_worker(worker.name());
  summary.set_host(registered.host());
  summary.set_process(registered.process());
  *summary.mutable_labels() = registered.labels();
  summary.set_slots(registered.slots());
  summary.set_state(worker.state);
  summary.set_cpu_percent(worker.is_lost() ? 0 : worker.usage.cpu_percent);
  summary.set_resident_bytes(worker.usage.resident_bytes);
  summary.set_memory_bytes(registered.memory_bytes());
  summary.set_last_heard_us(now - worker.heard_at);
  summary.set_software(registered.software());
  std::uint32_t tasks = 0;
  for (const auto& [id, job] : state.jobs)
    for (const Part& part : job.parts)
      if (!job.is_over() && !part.settled() && part.worker == worker.name()) tasks += tasks_of(job, worker.name());
  summary.set_tasks(tasks);
  return summary;
}

void add_to(proto::NodeReport& sum, const proto::NodeReport& one) {
  sum.set_rows_in(sum.rows_in() + one.rows_in());
  sum.set_rows_out(sum.rows_out() + one.rows_out());
  sum.set_passed(sum.passed() + one.passed());
  sum.set_filtered(sum.filtered() + one.filtered());
  sum.set_absorbed(sum.absorbed() + one.absorbed());
  sum.set_late(sum.late() + one.late());
  sum.set_errors(sum.errors() + one.errors());
  sum.set_dropped(sum.dropped() + one.dropped());
  sum.set_queued_bytes(sum.queued_bytes() + one.queued_bytes());
  sum.set_credit_waits(sum.credit_waits() + one.credit_waits());
  sum.set_blocked(sum.blocked() || one.blocked());
  sum.set_ended(sum.ended() && one.ended());
  if (one.has_watermark() && (!sum.has_watermark() || one.watermark() < sum.watermark()))
    sum.set_watermark(one.watermark());
  for (const proto::CodeCount& count : one.errors_by_code()) {
    auto& counts = *sum.mutable_errors_by_code();
    auto at =
        std::find_if(counts.begin(), counts.end(), [&](const auto& other) { return other.code() == count.code(); });
    if (at == counts.end()) {
      *counts.Add() = count;
    } else {
      at->set_rows(at->rows() + count.rows());
    }
  }
}

proto::NodeReport totals_of(const Job& job, std::uint32_t node) {
  proto::NodeReport sum;
  sum.set_node(node);
  sum.set_ended(true);
  bool any = false;
  for (const Part& part : job.parts)
    for (const proto::NodeReport& report : part.report.nodes()) {
      if (report.node() != node) continue;
      add_to(sum, report);
      any = true;
    }
  sum.set_ended(any && sum.ended());
  return sum;
}

proto::NodeStatus node_status(const Job& job, std::size_t index, base::Micros wall) {
  const topology::PlanNode& node = job.work.plan->nodes[index];
  const auto number = static_cast<std::uint32_t>(index);
  proto::NodeStatus status;
  status.set_name(node.name);
  status.set_verb(node.verb);
  status.set_kind(topology::to_string(node.kind));
  *status.mutable_totals() = totals_of(job, number);
  const auto [in, out] = row_rates(job, number);
  status.set_rows_in_rate(in);
  status.set_rows_out_rate(out);
  status.set_in_flight_bytes(job.is_over() ? 0 : status.totals().queued_bytes());
  const bool timed = status.totals().has_watermark() && status.totals().watermark() >= base::kMinTimestamp &&
                     status.totals().watermark() <= base::kMaxTimestamp;
  if (timed && !job.is_over()) status.set_watermark_lag_us(wall - status.totals().watermark());
  const std::size_t chain = topology::chains_of_nodes(*job.work.plan)[index];
  const auto& tasks = job.work.placement.tasks[chain];
  status.set_tasks(static_cast<std::uint32_t>(tasks.size()));
  for (std::size_t part = 0; part < job.parts.size(); ++part)
    if (std::any_of(tasks.begin(), tasks.end(), [&](const TaskPlace& t) { return t.worker == static_cast<int>(part); }))
      status.add_workers(job.parts[part].worker);
  return status;
}

std::string task_name(const Job& job, int node, const topology::PlanTask& task) {
  const auto worker =
      static_cast<std::size_t>(job.work.placement.tasks[task.chain][static_cast<std::size_t>(task.instance)].worker);
  return job.work.plan->nodes[static_cast<std::size_t>(node)].name + "[" + std::to_string(task.instance) + "]@" +
         job.parts[worker].worker;
}

proto::ChannelStatus channel_status(const Job& job, std::uint32_t number, const ChannelState& channel) {
  const topology::PlanChannel& between = job.work.channels[number];
  const topology::PlanEdge& edge = job.work.plan->edges[between.edge];
  proto::ChannelStatus status;
  status.set_channel(number);
  status.set_from(task_name(job, edge.from, between.from));
  status.set_to(task_name(job, edge.to, between.to));
  status.set_window_bytes(channel.window_reported > 0 ? channel.window_reported : channel.tuner.window());
  status.set_bytes_a_second(job.is_over() ? 0 : static_cast<std::uint64_t>(channel.tuner.bytes_a_second()));
  status.set_round_trip_us(channel.round_trip_us);
  return status;
}

template <class Lines>
proto::LogPage page(const Lines& lines, std::uint64_t begins, std::uint64_t from, bool over) {
  proto::LogPage page;
  std::uint64_t next = std::max(from, begins);
  const std::uint64_t end = begins + lines.size();
  for (; next < end && page.lines_size() < static_cast<int>(kMostLinesShown); ++next)
    *page.add_lines() = lines[next - begins];
  page.set_next(next);
  page.set_ended(over && next >= end);
  return page;
}

void show_recovery(const Job& job, proto::JobSummary& summary) {
  summary.set_restarts(job.recovery.count.restarts);
  summary.set_recoverable(is_recoverable(job));
  if (!job.checkpoints.kept.empty()) *summary.mutable_newest() = summary_of(job, job.checkpoints.kept.back());
  if (const std::string& why = job.checkpoints.given_up.why; summary.state() == proto::JOB_RUNNING && !why.empty())
    summary.set_waits_for("a checkpoint that is complete; the last one was given up: " + why);
  if (summary.state() != proto::RECOVERING) return;
  if (job.recovery.cause && !job.ending.cause) *summary.mutable_cause() = *job.recovery.cause;
  summary.set_waits_for(job.recovery.waits_for);
}

}  // namespace

proto::JobState state_of(const Job& job) {
  switch (job.step) {
    case Step::kRelearning:
    case Step::kRecovering:
      return proto::RECOVERING;
    case Step::kAssigning:
    case Step::kConnecting:
    case Step::kStarting:
      return job.recovery.count.restarts > 0 ? proto::RECOVERING : proto::DEPLOYING;
    case Step::kRunning:
    case Step::kReleasing:
      return job.ending.stop_asked ? proto::STOPPING : proto::JOB_RUNNING;
    case Step::kCancelling:
      return job.ending.outcome == proto::STOPPED ? proto::STOPPING : proto::CANCELLING;
    case Step::kFailing:
      return proto::FAILING;
    case Step::kOver:
      break;
  }
  return job.ending.outcome;
}

proto::JobSummary summary_of(const Job& job, base::Micros now) {
  proto::JobSummary summary;
  summary.set_job(job.id);
  summary.set_name(job.name());
  summary.set_state(state_of(job));
  summary.set_attempt(job.attempt);
  summary.set_submitted_us(job.times.submitted_wall);
  if (job.times.running_since)
    summary.set_running_us((job.is_over() ? job.times.ended : now) - *job.times.running_since);
  summary.set_workers(static_cast<std::uint32_t>(job.parts.size()));
  std::size_t tasks = 0;
  for (const auto& chain : job.work.placement.tasks) tasks += chain.size();
  summary.set_tasks(static_cast<std::uint32_t>(tasks));
  if (job.ending.cause) *summary.mutable_cause() = *job.ending.cause;
  show_recovery(job, summary);
  return summary;
}

PastJob past_job(const Job& job, base::Micros now) {
  PastJob past;
  past.summary = summary_of(job, now);
  past.log.assign(job.log.lines.begin(), job.log.lines.end());
  past.place = job.checkpoints.place;
  past.epochs_reserved = job.checkpoints.epochs_reserved;
  for (const proto::CheckpointSummary& kept : job.checkpoints.kept) past.checkpoints.push_back(summary_of(job, kept));
  past.submit_key = job.work.submit.key();
  return past;
}

proto::JobList job_list(const State& state, base::Micros now) {
  proto::JobList list;
  for (const auto& [id, past] : state.past) *list.add_jobs() = past.summary;
  for (const auto& [id, job] : state.jobs) *list.add_jobs() = summary_of(job, now);
  std::sort(list.mutable_jobs()->begin(), list.mutable_jobs()->end(),
            [](const auto& a, const auto& b) { return a.job() < b.job(); });
  return list;
}

proto::WorkerList worker_list(const State& state, base::Micros now) {
  proto::WorkerList list;
  for (const auto& [name, worker] : state.workers)
    if (worker.reported || worker.is_lost()) *list.add_workers() = summary_of(state, worker, now);
  return list;
}

proto::JobStatus status_of(const State& state, const Job& job, base::Micros now, base::Micros wall) {
  proto::JobStatus status;
  *status.mutable_job() = summary_of(job, now);
  for (std::size_t i = 0; i < job.work.plan->nodes.size(); ++i) *status.add_nodes() = node_status(job, i, wall);
  for (const Part& part : job.parts) {
    const auto worker = state.workers.find(part.worker);
    if (worker == state.workers.end()) continue;
    proto::WorkerSummary summary = summary_of(state, worker->second, now);
    summary.set_tasks(tasks_of(job, part.worker));
    *status.add_workers() = std::move(summary);
  }
  for (const auto& [number, channel] : job.tuned) {
    if (status.channels_size() >= static_cast<int>(kMostChannelsShown)) break;
    *status.add_channels() = channel_status(job, number, channel);
  }
  return status;
}

proto::JobStatus status_of(const PastJob& job) {
  proto::JobStatus status;
  *status.mutable_job() = job.summary;
  return status;
}

proto::CheckpointList checkpoint_list(const Job& job, base::Micros now) {
  proto::CheckpointList list;
  *list.mutable_job() = summary_of(job, now);
  list.set_store(job.checkpoints.place.store);
  list.set_identity(job.checkpoints.place.job);
  for (const proto::CheckpointSummary& kept : job.checkpoints.kept) *list.add_checkpoints() = summary_of(job, kept);
  return list;
}

proto::CheckpointList checkpoint_list(const PastJob& job) {
  proto::CheckpointList list;
  *list.mutable_job() = job.summary;
  list.set_store(job.place.store);
  list.set_identity(job.place.job);
  for (const proto::CheckpointSummary& kept : job.checkpoints) *list.add_checkpoints() = kept;
  return list;
}

proto::LogPage log_page(const Job& job, std::uint64_t from) {
  return page(job.log.lines, job.log.begins, from, job.is_over());
}

proto::LogPage log_page(const PastJob& job, std::uint64_t from) { return page(job.log, 0, from, true); }

std::optional<std::uint64_t> find_job(const State& state, const std::string& number_or_name) {
  if (const auto number = base::parse_int64(number_or_name)) {
    const auto id = static_cast<std::uint64_t>(*number);
    if (state.jobs.contains(id) || state.past.contains(id)) return id;
  }
  std::optional<std::uint64_t> newest;
  for (const auto& [id, past] : state.past)
    if (past.summary.name() == number_or_name) newest = id;
  for (const auto& [id, job] : state.jobs)
    if (job.name() == number_or_name && (!newest || id > *newest)) newest = id;
  return newest;
}

}  // namespace penstock::coordinator
