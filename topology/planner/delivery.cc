#include "topology/planner/delivery.h"

#include <set>

#include "topology/check/connectors.h"
#include "topology/plan_text.h"

namespace penstock::topology {
namespace {

/// Sources by node index from which rows of each node come.
std::vector<std::set<int>> sources_of(const CheckedTopology& topology) {
  std::vector<std::vector<int>> producers(topology.nodes.size());
  for (const Link& link : topology.links) producers[static_cast<std::size_t>(link.to)].push_back(link.from);
  std::vector<std::set<int>> sources(topology.nodes.size());
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    if (topology.nodes[i].node.kind == NodeKind::kSource) sources[i].insert(static_cast<int>(i));
    for (const int from : producers[i])
      sources[i].insert(sources[static_cast<std::size_t>(from)].begin(), sources[static_cast<std::size_t>(from)].end());
  }
  return sources;
}

bool is_single_file(const PlanNode& sink) { return sink.verb == "file" && !sink.params.text("path").ends_with('/'); }

class DeliveryRules {
 public:
  DeliveryRules(CheckedTopology& topology, const Shape& shape, Report& report)
      : topology_(topology), shape_(shape), report_(report) {}

  void decide(CheckedNode& sink, const std::set<int>& sources) {
    const auto own = delivery_of(sink.shape->fields);
    const auto asked = own ? own : shape_.delivery;
    if (asked) {
      sink.node.delivery = *asked;
      const Place place = own ? sink.shape->fields.find("delivery")->node->place : shape_.delivery_node->place;
      refuse_impossible(sink, sources, place, own.has_value());
      return;
    }
    assume(sink, sources);
  }

 private:
  void refuse_impossible(const CheckedNode& sink, const std::set<int>& sources, Place place, bool own) {
    const PlanNode& node = sink.node;
    if (node.delivery == Delivery::kAtMostOnce || node.verb == "discard") return;
    const std::string instead = own ? "remove it" : "give the sink a delivery of its own";
    for (const int index : sources) {
      const PlanNode& source = topology_.nodes[static_cast<std::size_t>(index)].node;
      const std::string why = cannot_replay(source);
      if (why.empty()) continue;
      report_.error(
          "impossible_delivery", place,
          to_string(node.delivery) + " cannot be kept from '" + source.name + "' to '" + node.name + "': " + why,
          instead + ", or write at_most_once");
      return;
    }
    if (node.delivery != Delivery::kExactlyOnce) return;
    if (node.verb == "stdout" || node.verb == "tcp") {
      report_.error("impossible_delivery", place,
                    "exactly_once cannot be kept by '" + node.name + "': " + node.verb + " cannot take rows back",
                    instead + ", or write at_least_once");
    } else if (is_single_file(node) && sink.input.endless) {
      report_.error("impossible_delivery", place,
                    "exactly_once into one file cannot be kept by '" + node.name +
                        "': the file would appear when its input ends, which is never",
                    "write to a directory: a path that ends in /; or write at_least_once");
    }
  }

  void assume(CheckedNode& sink, const std::set<int>& sources) {
    PlanNode& node = sink.node;
    const bool can = node.verb == "discard" || (node.verb == "file" && !(is_single_file(node) && sink.input.endless));
    node.delivery = can ? Delivery::kExactlyOnce : Delivery::kAtLeastOnce;
    if (node.verb == "discard") return;
    for (const int index : sources) {
      const PlanNode& source = topology_.nodes[static_cast<std::size_t>(index)].node;
      const std::string why = cannot_replay(source);
      if (why.empty()) continue;
      report_.note("delivery", sink.shape->key->place,
                   "rows from '" + source.name + "' to '" + node.name + "' may be lost when something fails: " + why);
      return;
    }
    std::string when = "rows are written at once, and again after a failure";
    if (node.verb == "file" && can)
      when = is_single_file(node) ? "the file appears when the run ends" : "part files appear with each checkpoint";
    if (node.verb == "file" && !can) when = "the input does not end, so the file grows in place";
    report_.note("delivery", sink.shape->key->place,
                 "'" + node.name + "' promises " + to_string(node.delivery) + ": " + when);
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
