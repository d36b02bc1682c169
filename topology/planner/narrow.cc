#include "topology/planner/narrow.h"

namespace penstock::topology {
namespace {

using record::Schema;
using Renumbering = std::vector<int>;  ///< Old index -> new one, -1 where the field does not travel.

Renumbering renumbering_of(const std::vector<bool>& kept) {
  Renumbering map;
  int next = 0;
  for (const bool keep : kept) map.push_back(keep ? next++ : -1);
  return map;
}

Schema narrowed(const Schema& schema, const std::vector<bool>& kept) {
  Schema result;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) result.fields.push_back(schema.fields[i]);
  return result;
}

int width_of(const Renumbering& map) {
  int width = 0;
  for (const int index : map) width += index >= 0 ? 1 : 0;
  return width;
}

class Narrowing {
 public:
  Narrowing(const CheckedNode& checked, const std::map<int, Demand>& demands, const std::map<int, Stream>& streams,
            Renumbering input)
      : checked_(checked), demands_(demands), streams_(streams), input_(std::move(input)), node_(checked.node) {}

  PlanNode run() {
    add_ports();
    const std::string& verb = node_.verb;
    if (node_.kind == NodeKind::kOperator) {
      for (int& key : node_.key) key = input_[static_cast<std::size_t>(key)];
    }
    if (verb == "filter") node_.params.set("condition", renumber_fields(node_.params.expression("condition"), input_));
    if (verb == "map" || verb == "add" || verb == "flat_map")
      node_.params.set("fields", wanted(node_.params.get<NamedExprs>("fields"), input_));
    if (verb == "split") routes();
    if (verb == "lookup") lookup();
    if (verb == "aggregate") aggregate();
    if (verb == "generate") generate();
    return std::move(node_);
  }

 private:
  void add_ports() {
    for (const auto& [port, demand] : demands_) {
      const bool is_main = port == kMainPort && node_.verb != "split";
      if (!demand.read && !is_main) continue;
      const Stream& stream = streams_.at(port);
      node_.ports.push_back({port, stream_name(*checked_.shape, port), narrowed(*stream.schema, demand.fields),
                             demand.time, stream.updates});
    }
  }

  NamedExprs wanted(const NamedExprs& made, const Renumbering& map) const {
    const Schema& output = *streams_.at(kMainPort).schema;
    const auto& fields = demands_.at(kMainPort).fields;
    NamedExprs kept;
    for (const auto& [name, expression] : made) {
      if (!fields[static_cast<std::size_t>(*output.index_of(name))]) continue;
      kept.emplace_back(name, renumber_fields(expression, map));
    }
    return kept;
  }

  void routes() {
    NamedExprs renumbered;
    for (const auto& [name, condition] : node_.params.get<NamedExprs>("routes"))
      renumbered.emplace_back(name, condition != nullptr ? renumber_fields(condition, input_) : nullptr);
    node_.params.set("routes", std::move(renumbered));
  }

  /// The scope of `add` goes on with the table's fields behind those of the input.
  void lookup() {
    Renumbering map = input_;
    const int width = width_of(input_);
    for (int i = 0; i < node_.table->schema.size(); ++i) map.push_back(width + i);
    node_.params.set("add", wanted(node_.params.get<NamedExprs>("add"), map));
  }

  void aggregate() {
    auto whole = node_.params.get<std::shared_ptr<const AggregateExpressions>>("aggregate");
    auto copy = std::make_shared<AggregateExpressions>(*whole);
    for (AggregateCall& call : copy->calls) {
      for (ExprPtr& arg : call.args) arg = renumber_fields(arg, input_);
      if (call.filter != nullptr) call.filter = renumber_fields(call.filter, input_);
    }
    node_.params.set("aggregate", std::shared_ptr<const AggregateExpressions>(std::move(copy)));
    node_.params.set("emit_retractions", streams_.at(kMainPort).updates && demands_.at(kMainPort).old_rows);
  }

  /// Fields that nobody reads and that cannot fail are not made at all.
  void generate() {
    std::vector<bool> kept = demands_.at(kMainPort).fields;
    if (node_.event_time) {
      const auto field = static_cast<std::size_t>(node_.event_time->field);
      if (demands_.at(kMainPort).time) kept[field] = true;
      node_.event_time->field = renumbering_of(kept)[field];
      if (node_.event_time->field < 0) node_.event_time.reset();
    }
    const Schema whole = node_.schema;
    node_.schema = narrowed(whole, kept);
    NamedExprs made;
    for (const auto& [name, expression] : node_.params.get<NamedExprs>("fields"))
      if (kept[static_cast<std::size_t>(*whole.index_of(name))]) made.emplace_back(name, expression);
    node_.params.set("fields", std::move(made));
  }

  const CheckedNode& checked_;
  const std::map<int, Demand>& demands_;
  const std::map<int, Stream>& streams_;
  Renumbering input_;
  PlanNode node_;
};

}  // namespace

std::vector<PlanNode> narrow_nodes(const CheckedTopology& topology, const Demands& demands) {
  std::vector<Renumbering> inputs(topology.nodes.size());
  for (const Link& link : topology.links) {
    const Demand& demand = demands[static_cast<std::size_t>(link.from)].at(link.port);
    inputs[static_cast<std::size_t>(link.to)] = renumbering_of(demand.fields);
  }
  std::vector<PlanNode> nodes;
  for (std::size_t i = 0; i < topology.nodes.size(); ++i)
    nodes.push_back(Narrowing(topology.nodes[i], demands[i], topology.streams[i], std::move(inputs[i])).run());
  return nodes;
}

}  // namespace penstock::topology
