#include "topology/planner/make_plan.h"

#include "topology/planner/delivery.h"
#include "topology/planner/demand.h"
#include "topology/planner/narrow.h"
#include "topology/planner/wiring.h"

namespace penstock::topology {
namespace {

void note_unread(const CheckedTopology& topology, Report& report) {
  std::vector<bool> read(topology.nodes.size(), false);
  for (const Link& link : topology.links)
    if (link.port != kErrorsPort && link.port != kLatePort) read[static_cast<std::size_t>(link.from)] = true;
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    const CheckedNode& node = topology.nodes[i];
    if (read[i] || node.node.kind == NodeKind::kSink) continue;
    report.note("unread", node.shape->key->place, "nobody reads '" + node.node.name + "'",
                "its rows are counted and forgotten");
  }
}

void note_unread_errors(const CheckedTopology& topology, Report& report) {
  std::vector<bool> read(topology.nodes.size(), false);
  for (const Link& link : topology.links)
    if (link.port == kErrorsPort) read[static_cast<std::size_t>(link.from)] = true;
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    const CheckedNode& node = topology.nodes[i];
    if (read[i] || node.node.on_error != OnError::kDeadLetter) continue;
    report.note("unread", node.shape->fields.find("on_error")->key->place,
                "nobody reads '" + node.node.name + ".errors'", "its dead letters are counted and forgotten");
  }
}

void note_processing_time(const CheckedTopology& topology, Report& report) {
  for (const CheckedNode& node : topology.nodes) {
    const auto window = node.node.params.get<std::shared_ptr<const Params>>("window");
    if (window == nullptr || window->text("time") != "processing") continue;
    report.note("processing_time", node.shape->fields.find("window")->key->place,
                "the windows of '" + node.node.name +
                    "' go by time of arrival, so another run over the same rows may give another result");
  }
}

void note_single(const CheckedTopology& topology, int otherwise, Report& report) {
  for (const CheckedNode& node : topology.nodes) {
    if (otherwise == 1 || node.single_because.empty() || node.parallelism_given) continue;
    if (node.node.kind == NodeKind::kSink) continue;
    report.note("one_task", node.shape->key->place, "'" + node.node.name + "' has one task: " + node.single_because);
  }
}

}  // namespace

std::optional<Plan> make_plan(CheckedTopology topology, const Shape& shape, const LoadOptions& options,
                              Report& report) {
  const int otherwise = options.parallelism.value_or(shape.parallelism);
  set_parallelism(topology, otherwise, report);
  set_delivery(topology, shape, report);
  if (report.failed()) return std::nullopt;
  note_unread(topology, report);
  note_unread_errors(topology, report);
  note_processing_time(topology, report);
  note_single(topology, otherwise, report);
  for (const PlacementShape& placed : shape.placement)
    report.note("placement", placed.key->place, "placement is for workers by name; a run on this machine does without");
  Plan plan;
  plan.name = shape.name;
  plan.checkpoint_every = shape.checkpoint_every;
  plan.checkpoint_store = shape.checkpoint_store;
  plan.checkpoint_keep = shape.checkpoint_keep;
  plan.nodes = narrow_nodes(topology, find_demands(topology));
  for (PlanNode& node : plan.nodes)  // So that a journal reaches back as far as the oldest checkpoint.
    if (node.params.flag("journal")) node.params.set("journal_keep", std::int64_t{shape.checkpoint_keep});
  plan.edges = make_edges(plan.nodes, topology.links, options.chain_keyed_edges);
  plan.chains = make_chains(plan.nodes, plan.edges);
  plan.notes = report.sorted();
  return plan;
}

}  // namespace penstock::topology
