#include "tools/penstock/terminal.h"
#include "tools/penstock/topology_file.h"
#include "tools/penstock/verbs.h"
#include "topology/plan_text.h"

namespace penstock::tools {

int verb_plan(const PlanOptions& options) {
  const auto loaded = plan_or_status(options.topology, options.json);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  const auto& plan = std::get<topology::Plan>(loaded);
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
