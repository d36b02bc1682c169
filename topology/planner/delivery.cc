#include "topology/planner/delivery.h"

#include <vector>

#include "topology/check/connectors.h"
#include "topology/plan_text.h"

namespace penstock::topology {
namespace {

/// For each node the sources from which its rows come, by index.
std::vector<std::vector<bool>> sources_of(const CheckedTopology& topology) {
  const std::size_t count = topology.nodes.size();
  std::vector<std::vector<bool>> sources(count, std::vector<bool>(count, false));
  std::vector<std::vector<int>> producers(count);
  for (const Link& link : topology.links) producers[static_cast<std::size_t>(link.to)].push_back(link.from);
  for (std::size_t i = 0; i < count; ++i) {
    sources[i][i] = topology.nodes[i].node.kind == NodeKind::kSource;
    for (const int from : producers[i])
      for (std::size_t k = 0; k < i; ++k) sources[i][k] = sources[i][k] || sources[static_cast<std::size_t>(from)][k];
  }
  return sources;
}

bool is_single_file(const PlanNode& sink) { return sink.verb == "file" && !sink.params.text("path").ends_with('/'); }

/// Whether the sink can show a row once over failures (`endless`: its input does not end).
bool can_be_exact(const PlanNode& sink, bool endless) {
  return sink.verb == "discard" || (sink.verb == "file" && !(is_single_file(sink) && endless));
}

/// What the sink does for its promise.
std::string way_of(const PlanNode& sink, bool endless) {
  const std::string what = sink.verb == "file" && is_single_file(sink) ? "the file" : "part files";
  switch (sink.delivery) {
    case Delivery::kExactlyOnce:
      return is_single_file(sink) ? "the file appears when the input has ended"
                                  : "part files appear with each checkpoint";
    case Delivery::kAtLeastOnce:
      if (sink.verb != "file")
        return sink.verb +
               " shows rows at once and cannot take them back, so those behind the last checkpoint come again";
      return what + (is_single_file(sink) ? " grows" : " grow") + " in place" +
             (endless && is_single_file(sink) ? ", since the input does not end" : "") +
             ", and rows behind the last checkpoint come again";
    case Delivery::kAtMostOnce:
      return "rows are written when their checkpoint is complete, or never";
  }
  return {};
}

class DeliveryRules {
 public:
  DeliveryRules(CheckedTopology& topology, const Shape& shape, Report& report)
      : topology_(topology), shape_(shape), report_(report) {}

  void decide(CheckedNode& sink, const std::vector<bool>& sources) {
    const auto own = delivery_of(sink.shape->fields);
    const auto asked = own ? own : shape_.delivery;
    const bool can = can_be_exact(sink.node, sink.input.endless);
    sink.node.delivery = asked.value_or(can ? Delivery::kExactlyOnce : Delivery::kAtLeastOnce);
    sink.node.delivery_asked = asked.has_value();
    if (sink.node.verb == "discard") return;
    if (asked) {
      const Place place = own ? sink.shape->fields.find("delivery")->node->place : shape_.delivery_node->place;
      if (!refuse_impossible(sink, sources, place, own.has_value())) return;
    }
    for (std::size_t index = 0; index < sources.size(); ++index)
      if (sources[index]) tell(topology_.nodes[index].node, sink);
  }

 private:
  /// False: reported.
  bool refuse_impossible(const CheckedNode& sink, const std::vector<bool>& sources, Place place, bool own) {
    const PlanNode& node = sink.node;
    if (node.delivery == Delivery::kAtMostOnce) return true;
    const std::string instead = own ? "remove it" : "give the sink a delivery of its own";
    for (std::size_t index = 0; index < sources.size(); ++index) {
      if (!sources[index]) continue;
      const PlanNode& source = topology_.nodes[index].node;
      const std::string why = cannot_replay(source);
      if (why.empty()) continue;
      report_.error(
          "impossible_delivery", place,
          to_string(node.delivery) + " cannot be kept from '" + source.name + "' to '" + node.name + "': " + why,
          "write journal: true at '" + source.name + "', or at_most_once here");
      return false;
    }
    if (node.delivery != Delivery::kExactlyOnce || can_be_exact(node, sink.input.endless)) return true;
    if (node.verb != "file") {
      report_.error("impossible_delivery", place,
                    "exactly_once cannot be kept by '" + node.name + "': " + node.verb + " cannot take rows back",
                    instead + ", or write at_least_once");
    } else {
      report_.error("impossible_delivery", place,
                    "exactly_once into one file cannot be kept by '" + node.name +
                        "': the file would appear when its input ends, which is never",
                    "write to a directory: a path that ends in /; or write at_least_once");
    }
    return false;
  }

  /// What holds between the two when something fails, and which of them limits it.
  void tell(const PlanNode& source, const CheckedNode& sink) {
    const PlanNode& node = sink.node;
    const std::string path = "from '" + source.name + "' to '" + node.name + "'";
    const std::string why = cannot_replay(source);
    if (!why.empty()) {
      report_.note("delivery", sink.shape->key->place,
                   "rows " + path + " may be lost when something fails, because of '" + source.name + "': " + why +
                       "; with journal: true there they would not be");
      return;
    }
    const std::string limit = node.delivery == Delivery::kExactlyOnce ? "" : ", because of '" + node.name + "'";
    report_.note("delivery", sink.shape->key->place,
                 to_string(node.delivery) + " " + path + ", also when something fails" + limit + ": " +
                     way_of(node, sink.input.endless));
  }

  CheckedTopology& topology_;
  const Shape& shape_;
  Report& report_;
};

}  // namespace

void set_delivery(CheckedTopology& topology, const Shape& shape, Report& report) {
  const auto sources = sources_of(topology);
  DeliveryRules rules(topology, shape, report);
  for (std::size_t i = 0; i < topology.nodes.size(); ++i)
    if (topology.nodes[i].node.kind == NodeKind::kSink && !topology.nodes[i].node.verb.empty())
      rules.decide(topology.nodes[i], sources[i]);
}

}  // namespace penstock::topology
