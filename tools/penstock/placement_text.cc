#include "tools/penstock/placement_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "tools/penstock/text_table.h"
#include "topology/plan_channels.h"

namespace penstock::tools {
namespace {

using coordinator::Placement;
using coordinator::TaskPlace;
using topology::Plan;
using topology::PlanTask;

const TaskPlace& place_of(const Placement& placement, const PlanTask& task) {
  return placement.tasks[task.chain][static_cast<std::size_t>(task.instance)];
}

/// Tasks of one executor, in the plan's order.
std::vector<PlanTask> tasks_at(const Placement& placement, const TaskPlace& place) {
  std::vector<PlanTask> tasks;
  for (std::size_t chain = 0; chain < placement.tasks.size(); ++chain)
    for (std::size_t i = 0; i < placement.tasks[chain].size(); ++i)
      if (placement.tasks[chain][i] == place) tasks.push_back({chain, static_cast<int>(i)});
  return tasks;
}

/// "rides+big[0]": nodes that share a task call each other directly.
std::string name_of(const Plan& plan, const PlanTask& task) {
  std::string name;
  for (const int node : plan.chains[task.chain].nodes)
    name += (name.empty() ? "" : "+") + plan.nodes[static_cast<std::size_t>(node)].name;
  return fmt::format("{}[{}]", name, task.instance);
}

struct ChannelCount {
  std::size_t all = 0;
  std::size_t between_workers = 0;
};

ChannelCount count_channels(const Plan& plan, const Placement& placement) {
  const auto channels = topology::plan_channels(plan);
  const auto crosses = [&placement](const topology::PlanChannel& channel) {
    return place_of(placement, channel.from).worker != place_of(placement, channel.to).worker;
  };
  return {channels.size(), static_cast<std::size_t>(std::count_if(channels.begin(), channels.end(), crosses))};
}

}  // namespace

std::string placement_as_text(const Plan& plan, const Placement& placement) {
  TextTable table({{"worker"}, {"executor", TextTable::Align::kRight}, {"tasks"}});
  for (std::size_t worker = 0; worker < placement.workers.size(); ++worker) {
    for (int executor = 0; executor < placement.workers[worker].executors; ++executor) {
      std::string tasks;
      for (const PlanTask& task : tasks_at(placement, {static_cast<int>(worker), executor}))
        tasks += (tasks.empty() ? "" : " ") + name_of(plan, task);
      table.add({executor == 0 ? placement.workers[worker].name : "", std::to_string(executor), tasks});
    }
  }
  const ChannelCount channels = count_channels(plan, placement);
  std::string text = "placement\n";
  for (const std::string& line : table.lines()) text += "  " + line + "\n";
  return text + fmt::format("  channels: {}, {} of them between workers\n", channels.all, channels.between_workers);
}

nlohmann::ordered_json placement_as_json(const Plan& plan, const Placement& placement) {
  auto workers = nlohmann::ordered_json::array();
  for (std::size_t worker = 0; worker < placement.workers.size(); ++worker) {
    auto tasks = nlohmann::ordered_json::array();
    for (int executor = 0; executor < placement.workers[worker].executors; ++executor) {
      for (const PlanTask& task : tasks_at(placement, {static_cast<int>(worker), executor})) {
        auto nodes = nlohmann::ordered_json::array();
        for (const int node : plan.chains[task.chain].nodes)
          nodes.push_back(plan.nodes[static_cast<std::size_t>(node)].name);
        tasks.push_back(
            {{"chain", task.chain}, {"nodes", std::move(nodes)}, {"instance", task.instance}, {"executor", executor}});
      }
    }
    workers.push_back({{"worker", placement.workers[worker].name},
                       {"executors", placement.workers[worker].executors},
                       {"tasks", std::move(tasks)}});
  }
  const ChannelCount channels = count_channels(plan, placement);
  return {{"workers", std::move(workers)},
          {"channels", channels.all},
          {"channels_between_workers", channels.between_workers}};
}

}  // namespace penstock::tools
