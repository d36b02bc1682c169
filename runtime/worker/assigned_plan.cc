#include "runtime/worker/assigned_plan.h"

#include <fmt/core.h>

#include <filesystem>

#include "topology/loader.h"
#include "topology/plan_checksum.h"

namespace penstock::worker {
namespace {

namespace fs = std::filesystem;

tl::unexpected<base::Error> refused(std::string text) {
  return base::fail("bad_assignment", std::move(text), {}, base::Origin::kInternal);
}

std::string absolute(const std::string& path, const std::string& directory) {
  if (path.empty() || path[0] == '/') return path;
  return directory + (directory.ends_with('/') ? "" : "/") + path;
}

/// Where worker and submitter stand in the same directory, paths stay as they were written: messages and dead letters
/// name them.
void set_paths(topology::Plan& plan, const std::string& directory) {
  std::error_code ignored;
  if (directory.empty() || fs::equivalent(directory, fs::current_path(ignored), ignored)) return;
  for (topology::PlanNode& node : plan.nodes) {
    const bool is_file = node.verb == "file" && node.kind != topology::NodeKind::kOperator;
    if (is_file) node.params.set("path", absolute(node.params.text("path"), directory));
    if (node.table) node.table->params.set("path", absolute(node.table->params.text("path"), directory));
  }
}

/// What a peer calls a file is never made a path here; messages name it as the topology does.
base::Result<void> use_shipped(topology::Plan& plan, const proto::Assignment& assignment, ShippedTables& tables) {
  for (const proto::ShippedFile& file : assignment.files()) {
    const auto path = tables.add(file.path(), file.content());
    if (!path) return tl::unexpected(path.error());
    for (topology::PlanNode& node : plan.nodes) {
      if (!node.table || node.table->params.text("path") != file.path()) continue;
      node.table->params.set("path", *path);
      node.table->params.set("shown_path", file.path());
    }
  }
  return {};
}

}  // namespace

base::Result<std::unique_ptr<topology::Plan>> assigned_plan(const proto::Assignment& assignment,
                                                            ShippedTables& tables) {
  topology::LoadOptions options;
  if (assignment.parallelism() > 0) options.parallelism = static_cast<int>(assignment.parallelism());
  options.variable = [&](const std::string& name) -> std::optional<std::string> {
    for (const proto::Variable& variable : assignment.variables())
      if (variable.name() == name) return variable.value();
    return std::nullopt;
  };
  auto loaded = topology::load(assignment.topology(), options);
  auto* plan = std::get_if<topology::Plan>(&loaded);
  if (plan == nullptr) return refused("this worker cannot plan the topology that the coordinator has accepted");
  if (topology::plan_checksum(*plan) != assignment.plan_checksum())
    return refused("this worker plans the topology otherwise than the coordinator; install the same penstock on both");
  auto own = std::make_unique<topology::Plan>(std::move(*plan));
  if (auto shipped = use_shipped(*own, assignment, tables); !shipped) return tl::unexpected(shipped.error());
  set_paths(*own, assignment.directory());
  return own;
}

base::Result<JobPlace> assigned_place(const proto::Assignment& assignment, const topology::Plan& plan) {
  JobPlace place;
  std::vector<int> first;
  for (int w = 0; w < assignment.workers_size(); ++w) {
    first.push_back(place.here.total);
    const auto executors = static_cast<int>(assignment.workers(w).executors());
    if (executors < 1 || executors > 1024) return refused("an assignment with an absurd number of executors");
    place.here.total += executors;
    for (int i = 0; i < executors; ++i) place.worker_of.push_back(assignment.workers(w).worker());
  }
  if (assignment.self() >= first.size()) return refused("an assignment that does not name this worker");
  place.here.first = first[assignment.self()];
  place.here.count = static_cast<int>(assignment.workers(static_cast<int>(assignment.self())).executors());
  for (const topology::PlanChain& chain : plan.chains)
    place.homes.emplace_back(static_cast<std::size_t>(chain.parallelism), TaskHome{-1, 0});
  for (const proto::TaskPlace& task : assignment.tasks()) {
    if (task.chain() >= place.homes.size() || task.instance() >= place.homes[task.chain()].size() ||
        task.worker() >= first.size() ||
        task.executor() >= assignment.workers(static_cast<int>(task.worker())).executors())
      return refused("an assignment that names a task or executor that is not there");
    place.homes[task.chain()][task.instance()].executor = first[task.worker()] + static_cast<int>(task.executor());
  }
  std::vector<int> used(static_cast<std::size_t>(place.here.total), 0);
  for (auto& instances : place.homes)
    for (TaskHome& home : instances) {
      if (home.executor < 0) return refused("an assignment that leaves a task without a place");
      home.chain = used[static_cast<std::size_t>(home.executor)]++;
    }
  for (const proto::ChannelWindow& window : assignment.windows()) place.windows[window.channel()] = window.bytes();
  return place;
}

}  // namespace penstock::worker
