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

class DeliveryRules {
 public:
  DeliveryRules(CheckedTopology& topology, const Shape& shape, Report& report)
      : topology_(topology), shape_(shape), report_(report) {}

  void decide(CheckedNode& sink, const std::vector<bool>& sources) {
    const auto own = delivery_of(sink.shape->fields);
    const auto asked = own ? own : shape_.delivery;
    if (asked) {
      sink.node.delivery = *asked;
      sink.node.delivery_asked = true;
      const Place place = own ? sink.shape->fields.find("delivery")->node->place : shape_.delivery_node->place;
      refuse_impossible(sink, sources, place, own.has_value());
      return;
    }
    assume(sink, sources);
  }

 private:
  void refuse_impossible(const CheckedNode& sink, const std::vector<bool>& sources, Place place, bool own) {
    const PlanNode& node = sink.node;
    if (node.delivery == Delivery::kAtMostOnce || node.verb == "discard") return;
    const std::string instead = own ? "remove it" : "give the sink a delivery of its own";
    for (std::size_t index = 0; index < sources.size(); ++index) {
      if (!sources[index]) continue;
      const PlanNode& source = topology_.nodes[index].node;
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

  void assume(CheckedNode& sink, const std::vector<bool>& sources) {
    PlanNode& node = sink.node;
    const bool can = node.verb == "discard" || (node.verb == "file" && !(is_single_file(node) && sink.input.endless));
    node.delivery = can ? Delivery::kExactlyOnce : Delivery::kAtLeastOnce;
    if (node.verb == "discard") return;
    for (std::size_t index = 0; index < sources.size(); ++index) {
      if (!sources[index]) continue;
      const PlanNode& source = topology_.nodes[index].node;
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
