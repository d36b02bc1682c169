#include "topology/plan_text.h"

namespace penstock::topology {
namespace {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

const char* shape_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::kSource:
      return "cds";
    case NodeKind::kOperator:
      return "box";
    case NodeKind::kSink:
      return "folder";
  }
  return "box";
}

std::string edge_label(const Plan& plan, const PlanEdge& edge) {
  for (const PlanPort& port : plan.nodes[static_cast<std::size_t>(edge.from)].ports) {
    if (port.port != edge.from_port) continue;
    std::string label = port.port == kMainPort ? "" : escaped(port.stream) + "\\n";
    if (!edge.chained) label += to_string(edge.partitioning);
    if (!edge.key.empty()) label += " by " + escaped(key_text(edge.key, port.schema));
    return label;
  }
  return "";
}

}  // namespace

std::string plan_as_dot(const Plan& plan) {
  std::string out = "digraph \"" + escaped(plan.name) + "\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < plan.chains.size(); ++i) {
    out += "  subgraph cluster_" + std::to_string(i) + " {\n    label=\"x" +
           std::to_string(plan.chains[i].parallelism) + "\"; style=dashed;\n";
    for (const int index : plan.chains[i].nodes) {
      const PlanNode& node = plan.nodes[static_cast<std::size_t>(index)];
      out += "    n" + std::to_string(index) + " [shape=" + shape_of(node.kind) + ", label=\"" + escaped(node.name) +
             "\\n" + node.verb + "\"];\n";
    }
    out += "  }\n";
  }
  for (const PlanEdge& edge : plan.edges) {
    out += "  n" + std::to_string(edge.from) + " -> n" + std::to_string(edge.to) + " [label=\"" +
           edge_label(plan, edge) + "\"" + (edge.chained ? "" : ", style=bold") + "];\n";
  }
  return out + "}\n";
}

}  // namespace penstock::topology
