#include "runtime/coordinator/deployment.h"

#include <fmt/core.h>

namespace penstock::coordinator {
namespace {

const TaskPlace& place_of(const Placement& placement, const topology::PlanTask& task) {
  return placement.tasks[task.chain][static_cast<std::size_t>(task.instance)];
}

int tasks_on(const State& state, const Worker& worker, const Job* but) {
  int tasks = 0;
  for (const auto& [id, job] : state.jobs)
    for (std::size_t i = 0; i < job.parts.size() && !job.is_over() && &job != but; ++i)
      if (job.parts[i].worker == worker.name() && !job.parts[i].settled()) tasks += tasks_on(job, i);
  return tasks;
}

void open_channels(const State& state, Job& job) {
  const Placement& placement = job.work.placement;
  for (std::uint32_t number = 0; number < job.work.channels.size(); ++number) {
    const topology::PlanChannel& channel = job.work.channels[number];
    const TaskPlace& to = place_of(placement, channel.to);
    if (place_of(placement, channel.from) == to) continue;
    const auto receiver = static_cast<std::size_t>(to.worker);
    ++job.parts[receiver].channels_in;
    job.tuned.emplace(number, ChannelState{receiver, ChannelTuner(0), 0, 0, 0});
  }
  for (auto& [number, channel] : job.tuned) {
    const Part& part = job.parts[channel.receiver];
    const auto worker = state.workers.find(part.worker);
    const std::uint64_t memory = worker == state.workers.end() ? 0 : worker->second.registered.memory_bytes();
    std::size_t channels = part.channels_in;
    for (const auto& [id, other] : state.jobs)
      for (const Part& there : other.parts)
        if (id != job.id && !other.is_over() && there.worker == part.worker) channels += there.channels_in;
    channel.tuner = ChannelTuner(first_window(window_limit(memory, channels)));
  }
}

std::uint64_t epochs_given(const Job& job) {
  const Checkpoints& checkpoints = job.checkpoints;
  if (checkpoints.cycle) return checkpoints.cycle->newest();
  return checkpoints.epochs_reserved == 0 ? 0 : checkpoints.epochs_reserved - 1;
}

}  // namespace

int tasks_on(const Job& job, std::size_t part) {
  int tasks = 0;
  for (const auto& chain : job.work.placement.tasks)
    for (const TaskPlace& task : chain) tasks += task.worker == static_cast<int>(part) ? 1 : 0;
  return tasks;
}

std::vector<PlaceableWorker> placeable_workers(const State& state, const Job* again) {
  std::vector<PlaceableWorker> workers;
  for (const auto& [name, worker] : state.workers) {
    if (worker.state != proto::WorkerSummary::ACTIVE || !worker.reported) continue;
    if (again != nullptr && again->recovery.avoided.contains({name, worker.incarnation()})) continue;
    PlaceableWorker placeable{name, {}, static_cast<int>(worker.registered.slots()), tasks_on(state, worker, again)};
    for (const proto::Label& label : worker.registered.labels())
      placeable.labels.emplace_back(label.key(), label.value());
    workers.push_back(std::move(placeable));
  }
  return workers;
}

base::Result<Job> deployment(const State& state, const SubmitCame& came) {
  Job job;
  job.work.submit = came.submit;
  job.work.plan = came.plan;
  job.work.plan_checksum = came.plan_checksum;
  job.work.channels = topology::plan_channels(*came.plan);
  job.checkpoints.place = came.checkpoints;
  auto placement = placement_for(state, job);
  if (!placement) return tl::unexpected(placement.error());
  lay_out(state, job, std::move(*placement));
  return job;
}

checkpoint::CycleTiming checkpoint_timing(const State& state, const Job& job) {
  return {job.work.plan->checkpoint_every, state.timing.checkpoint_at_most};
}

base::Result<Placement> placement_for(const State& state, const Job& job) {
  return place(*job.work.plan, placeable_workers(state, &job));
}

void lay_out(const State& state, Job& job, Placement placement) {
  job.work.placement = std::move(placement);
  job.parts.clear();
  job.tuned.clear();
  for (const PlacedWorker& worker : job.work.placement.workers) {
    Part part;
    part.worker = worker.name;
    if (const auto known = state.workers.find(worker.name); known != state.workers.end())
      part.incarnation = known->second.incarnation();
    job.parts.push_back(std::move(part));
  }
  open_channels(state, job);
  Checkpoints& checkpoints = job.checkpoints;
  checkpoints.cycle.emplace(checkpoint_timing(state, job), job.parts.size(), epochs_given(job));
  checkpoints.stop_behind.reset();
  checkpoints.handles.clear();
  checkpoints.writing.reset();
  checkpoints.completed = 0;
}

std::uint64_t window_limit_of(const State& state, const std::string& worker) {
  std::size_t channels = 0;
  for (const auto& [id, job] : state.jobs)
    for (const Part& part : job.parts)
      if (!job.is_over() && part.worker == worker) channels += part.channels_in;
  const auto known = state.workers.find(worker);
  return window_limit(known == state.workers.end() ? 0 : known->second.registered.memory_bytes(), channels);
}

std::string placement_in_words(const Job& job) {
  std::string words;
  for (std::size_t i = 0; i < job.parts.size(); ++i) {
    const int tasks = tasks_on(job, i);
    const int executors = job.work.placement.workers[i].executors;
    words += fmt::format("{}{}: {} task{} on {} executor{}", i == 0 ? "" : "; ", job.parts[i].worker, tasks,
                         tasks == 1 ? "" : "s", executors, executors == 1 ? "" : "s");
  }
  return words;
}

}  // namespace penstock::coordinator
