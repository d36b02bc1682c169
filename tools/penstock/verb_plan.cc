#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "tools/penstock/cluster_json.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/placement_text.h"
#include "tools/penstock/planned_workers.h"
#include "tools/penstock/terminal.h"
#include "tools/penstock/topology_file.h"
#include "tools/penstock/verbs.h"
#include "topology/plan_text.h"

namespace penstock::tools {
namespace {

int show_fault(const base::Error& error, const PlanOptions& options) {
  if (options.json)
    fmt::print(stderr, "{}", document(as_json(error)));
  else
    fmt::print(stderr, "penstock plan: {} [{}]\n", error.text, error.code);
  return error.code == "bad_workers" ? kUsage : kFailed;
}

int show_placed(const topology::Plan& plan, const PlanOptions& options) {
  const int slots = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  auto workers = planned_workers(options.workers, slots);
  if (!workers) return show_fault(workers.error(), options);
  const auto placement = coordinator::place(plan, std::move(*workers));
  if (!placement) return show_fault(placement.error(), options);
  if (!options.json) return print_result(topology::plan_as_text(plan) + "\n" + placement_as_text(plan, *placement));
  Json json = Json::parse(topology::plan_as_json(plan));
  json["placement"] = placement_as_json(plan, *placement);
  return print_result(json.dump(2) + "\n");
}

}  // namespace

int verb_plan(const PlanOptions& options) {
  const auto loaded = plan_or_status(options.topology, options.json);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  const auto& plan = std::get<topology::Plan>(loaded);
  if (!options.workers.empty()) return show_placed(plan, options);
  if (options.json) return print_result(topology::plan_as_json(plan));
  if (options.dot) {
    const int status = print_result(topology::plan_as_dot(plan));
    say_next(same_options("plan", options.topology) + " --dot | dot -Tsvg > plan.svg");
    return status;
  }
  const int status = print_result(topology::plan_as_text(plan));
  say_next(same_options("run", options.topology));
  return status;
}

}  // namespace penstock::tools
