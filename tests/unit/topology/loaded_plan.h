/// Loads text that is meant to be good, for tests of plans.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "topology/loader.h"
#include "topology/plan_text.h"

namespace penstock::topology {

inline Plan loaded(const std::string& text, const LoadOptions& options = {}) {
  auto result = load(text, options);
  if (auto* faults = std::get_if<std::vector<Diagnostic>>(&result)) {
    ADD_FAILURE() << render(*faults, "test.yaml", text);
    return {};
  }
  return std::move(std::get<Plan>(result));
}

/// A topology around `operators`, with the source `rides` (event time) and a sink per name in `streams`.
inline std::string around(const std::string& operators, const std::vector<std::string>& streams,
                          const std::string& head = "") {
  std::string text = "penstock: 1\nname: test\n" + head +
                     "sources:\n  rides:\n    file: {path: rides.jsonl}\n    format: json\n"
                     "    schema: {time: timestamp, id: int64!, city: string, fare: float64, tags: [string]}\n"
                     "    event_time: {field: time}\n" +
                     (operators.empty() ? "" : "operators:\n" + operators) + "sinks:\n";
  for (std::size_t i = 0; i < streams.size(); ++i)
    text += "  out" + std::to_string(i) + ": {from: " + streams[i] + ", stdout: {}}\n";
  return text;
}

inline const PlanNode& node(const Plan& plan, const std::string& name) {
  for (const PlanNode& candidate : plan.nodes)
    if (candidate.name == name) return candidate;
  ADD_FAILURE() << "no node " << name;
  static const PlanNode kNone;
  return kNone;
}

/// "id: int64!, fare: float64" of a stream, by its name in the file; "(unread)" when the plan does not have it.
inline std::string fields(const Plan& plan, const std::string& stream) {
  for (const PlanNode& candidate : plan.nodes)
    for (const PlanPort& port : candidate.ports)
      if (port.stream == stream) return schema_text(port.schema);
  return "(unread)";
}

inline const PlanEdge& edge_to(const Plan& plan, const std::string& name) {
  for (const PlanEdge& edge : plan.edges)
    if (plan.nodes[static_cast<std::size_t>(edge.to)].name == name) return edge;
  ADD_FAILURE() << "nobody feeds " << name;
  static const PlanEdge kNone;
  return kNone;
}

/// "rides big | out0": names of the nodes of each chain.
inline std::string chains(const Plan& plan) {
  std::string text;
  for (const PlanChain& chain : plan.chains) {
    if (!text.empty()) text += " |";
    for (const int index : chain.nodes)
      text += (text.empty() ? "" : " ") + plan.nodes[static_cast<std::size_t>(index)].name;
  }
  return text;
}

}  // namespace penstock::topology
