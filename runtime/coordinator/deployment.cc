#include "runtime/coordinator/deployment.h"

#include <fmt/core.h>

namespace penstock::coordinator {
namespace {

const TaskPlace& place_of(const Placement& placement, const topology::PlanTask& task) {
  return placement.tasks[task.chain][static_cast<std::size_t>(task.instance)];
}

int tasks_on(const Job& job, std::size_t part) {
  int tasks = 0;
  for (const auto& chain : job.work.placement.tasks)
    for (const TaskPlace& task : chain) tasks += task.worker == static_cast<int>(part) ? 1 : 0;
  return tasks;
}

int tasks_on(const State& state, const Worker& worker) {
  int tasks = 0;
  for (const auto& [id, job] : state.jobs)
    for (std::size_t i = 0; i < job.parts.size() && !job.is_over(); ++i)
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
    const std::uint64_t memory = state.workers.at(part.worker).registered.memory_bytes();
    std::size_t channels = part.channels_in;
    for (const auto& [id, other] : state.jobs)
      for (const Part& there : other.parts)
        if (!other.is_over() && there.worker == part.worker) channels += there.channels_in;
    channel.tuner = ChannelTuner(first_window(window_limit(memory, channels)));
  }
}

}  // namespace

std::vector<PlaceableWorker> placeable_workers(const State& state) {
  std::vector<PlaceableWorker> workers;
  for (const auto& [name, worker] : state.workers) {
    if (worker.state != proto::WorkerSummary::ACTIVE || !worker.reported) continue;
    PlaceableWorker placeable{name, {}, static_cast<int>(worker.registered.slots()), tasks_on(state, worker)};
    for (const proto::Label& label : worker.registered.labels())
      placeable.labels.emplace_back(label.key(), label.value());
    workers.push_back(std::move(placeable));
  }
  return workers;
}

base::Result<Job> deployment(const State& state, const SubmitCame& came) {
  auto placement = place(*came.plan, placeable_workers(state));
  if (!placement) return tl::unexpected(placement.error());
  Job job;
  job.work.submit = came.submit;
  job.work.plan = came.plan;
  job.work.plan_checksum = came.plan_checksum;
  job.work.channels = topology::plan_channels(*came.plan);
  job.work.placement = std::move(*placement);
  for (const PlacedWorker& worker : job.work.placement.workers) {
    Part part;
    part.worker = worker.name;
    part.incarnation = state.workers.at(worker.name).incarnation();
    job.parts.push_back(std::move(part));
  }
  open_channels(state, job);
  return job;
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
