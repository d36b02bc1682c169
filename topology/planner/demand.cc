#include "topology/planner/demand.h"

#include <algorithm>

#include "topology/planner/reads.h"

namespace penstock::topology {
namespace {

bool merge_into(Demand& target, const Demand& more) {
  bool changed = !target.read && more.read;
  target.read = target.read || more.read;
  for (std::size_t i = 0; i < target.fields.size() && i < more.fields.size(); ++i) {
    if (target.fields[i] || !more.fields[i]) continue;
    target.fields[i] = true;
    changed = true;
  }
  const auto raise = [&](bool& flag, bool value) {
    changed = changed || (value && !flag);
    flag = flag || value;
  };
  raise(target.time, more.time);
  raise(target.old_rows, more.old_rows);
  raise(target.changes, more.changes);
  return changed;
}

/// A row needs at least one field; the first of fixed width is the cheapest.
void keep_one(std::vector<bool>& fields, const record::Schema& schema) {
  if (fields.empty() || std::find(fields.begin(), fields.end(), true) != fields.end()) return;
  std::size_t chosen = 0;
  for (std::size_t i = fields.size(); i-- > 0;)
    if (record::is_slot(schema.fields[i].type.kind)) chosen = i;
  fields[chosen] = true;
}

class DemandWalk {
 public:
  explicit DemandWalk(const CheckedTopology& topology) : topology_(topology), demands_(topology.nodes.size()) {
    for (std::size_t node = 0; node < topology.nodes.size(); ++node) {
      for (const auto& [port, stream] : topology.streams[node]) {
        Demand& demand = demands_[node][port];
        demand.fields.assign(stream.schema->fields.size(), port == kErrorsPort);
        if (port == kMainPort) add_own_needs(topology.nodes[node].node, *stream.schema, demand.fields);
      }
    }
    links_to_.resize(topology.nodes.size());
    for (const Link& link : topology.links) links_to_[static_cast<std::size_t>(link.to)].push_back(link);
  }

  Demands run() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t node = topology_.nodes.size(); node-- > 0;) changed = visit(node) || changed;
    }
    return std::move(demands_);
  }

 private:
  /// Passes what `node` needs up to its producers; streams that are merged here need the same fields.
  bool visit(std::size_t node) {
    for (auto& [port, demand] : demands_[node])
      if (demand.read || port == kMainPort) keep_one(demand.fields, *topology_.streams[node].at(port).schema);
    const auto& links = links_to_[node];
    if (links.empty()) return false;
    Demand needed = input_demand(topology_.nodes[node], demands_[node]);
    for (const Link& link : links) {
      const Demand& other = demands_[static_cast<std::size_t>(link.from)].at(link.port);
      for (std::size_t i = 0; i < needed.fields.size(); ++i) needed.fields[i] = needed.fields[i] || other.fields[i];
    }
    bool changed = false;
    for (const Link& link : links)
      changed = merge_into(demands_[static_cast<std::size_t>(link.from)].at(link.port), needed) || changed;
    return changed;
  }

  static Demand input_demand(const CheckedNode& checked, const std::map<int, Demand>& outputs) {
    Demand needed;
    needed.read = true;
    needed.fields = fields_needed(checked, outputs);
    const PlanNode& node = checked.node;
    const bool aggregates = node.verb == "aggregate";
    const auto window = node.params.get<std::shared_ptr<const Params>>("window");
    if (window != nullptr) needed.time = window->text("time") == "event";
    if (aggregates) needed.old_rows = true;
    if (node.kind == NodeKind::kSink) needed.changes = node.params.flag("changes");
    const bool passes_time = !aggregates || (window == nullptr && node.params.text("emit") == "update");
    const bool chooses = node.verb == "filter" || node.verb == "split" || node.verb == "sample" ||
                         node.verb == "limit" || node.verb == "lookup";
    for (const auto& [port, demand] : outputs) {
      if (port == kErrorsPort) continue;
      needed.time = needed.time || (demand.time && (passes_time || port == kLatePort));
      if (aggregates) continue;
      needed.old_rows = needed.old_rows || demand.old_rows || (chooses && demand.changes);
      needed.changes = needed.changes || demand.changes;
    }
    return needed;
  }

  const CheckedTopology& topology_;
  Demands demands_;
  std::vector<std::vector<Link>> links_to_;
};

}  // namespace

Demands find_demands(const CheckedTopology& topology) { return DemandWalk(topology).run(); }

}  // namespace penstock::topology
