#include "topology/check/check_topology.h"
#include "topology/loader.h"
#include "topology/planner/make_plan.h"
#include "topology/yaml/parse.h"

namespace penstock::topology {

std::variant<Plan, std::vector<Diagnostic>> load(std::string_view text, const LoadOptions& options) {
  const SourceText source(text);
  Report report(source);
  const auto root = parse_yaml(options.variable, report);
  if (!root) return report.sorted();
  const Shape shape = read_shape(*root, report);
  auto plan = make_plan(check_topology(shape, report), shape, options, report);
  if (!plan) return report.sorted();
  return std::move(*plan);
}

}  // namespace penstock::topology
