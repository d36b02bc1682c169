#include "topology/state_shape.h"

#include <algorithm>
#include <array>

#include "topology/plan_text.h"

namespace penstock::topology {
namespace {

/// They look at a row and forget it.
constexpr std::array<std::string_view, 9> kForgetful = {"filter", "map",   "add",    "drop",    "flat_map",
                                                        "split",  "merge", "lookup", "throttle"};

std::string text_of(const ParamValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* table = std::get_if<std::shared_ptr<const Params>>(&value)) {
    std::string all;
    for (const auto& [name, one] : (*table)->all())
      if (const std::string text = text_of(one); !text.empty()) all += (all.empty() ? "" : ", ") + name + " " + text;
    return all;
  }
  return {};
}

std::string call_text(const AggregateCall& call) {
  std::string text = call.text + " of ";
  for (const ExprPtr& argument : call.args) text += record::to_string(argument->type) + " ";
  return text + "as " + record::to_string(call.type);
}

/// Names of results and what is computed from the calls may change; keys, calls and the window may not.
std::string aggregate_text(const PlanNode& node, const AggregateExpressions& aggregates) {
  std::string text = "by";
  for (std::size_t i = 0; i < node.key.size(); ++i)
    text += (i == 0 ? " " : ", ") + record::to_string(aggregates.internal.fields[i].type);
  for (const AggregateCall& call : aggregates.calls) text += "; " + call_text(call);
  if (const auto window = node.params.get<std::shared_ptr<const Params>>("window"))
    return text + "; window " + text_of(window);
  const auto emit = node.params.all().find("emit");
  const bool at_once = emit == node.params.all().end() || text_of(emit->second) == "update";
  return text + (at_once ? "; a row each time" : "; rows later");
}

std::string shape_of(const PlanNode& node) {
  if (node.kind == NodeKind::kSource) return node.format.empty() ? node.verb : node.verb + ", " + node.format;
  if (node.kind == NodeKind::kSink) return to_string(node.delivery);
  const auto aggregates = node.params.get<std::shared_ptr<const AggregateExpressions>>("aggregate");
  if (aggregates) return aggregate_text(node, *aggregates);
  return {};
}

}  // namespace

std::vector<StateShape> state_shapes(const Plan& plan) {
  std::vector<StateShape> shapes;
  for (const PlanNode& node : plan.nodes) {
    if (std::find(kForgetful.begin(), kForgetful.end(), node.verb) != kForgetful.end()) continue;
    if (node.kind == NodeKind::kSink && node.verb == "discard") continue;
    shapes.push_back({node.name, to_string(node.kind), node.verb, shape_of(node)});
  }
  return shapes;
}

}  // namespace penstock::topology
