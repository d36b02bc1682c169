#include "topology/plan_text.h"

#include <algorithm>
#include <cstdint>

namespace penstock::topology {
namespace {

const PlanPort* find_port(const PlanNode& node, int port) {
  for (const PlanPort& candidate : node.ports)
    if (candidate.port == port) return &candidate;
  return nullptr;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

class TextWriter {
 public:
  explicit TextWriter(const Plan& plan) : plan_(plan) {
    for (const PlanNode& node : plan.nodes) {
      widest_ = std::max(widest_, node.name.size());
      widest_verb_ = std::max(widest_verb_, node.verb.size());
    }
    widest_ = std::min<std::size_t>(widest_, 24);
  }

  std::string write() {
    const std::size_t tasks = count_tasks();
    out_ = plan_.name + ": " + counted(plan_.nodes.size(), "node") + ", " + counted(plan_.chains.size(), "chain") +
           ", " + counted(tasks, "task") + "\n";
    for (const NodeKind kind : {NodeKind::kSource, NodeKind::kOperator, NodeKind::kSink}) write_nodes(kind);
    write_chains();
    write_notes();
    return std::move(out_);
  }

 private:
  static std::string counted(std::size_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  }

  std::size_t count_tasks() const {
    std::size_t tasks = 0;
    for (const PlanChain& chain : plan_.chains) tasks += static_cast<std::size_t>(chain.parallelism);
    return tasks;
  }

  void write_nodes(NodeKind kind) {
    std::string section;
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i)
      if (plan_.nodes[i].kind == kind) section += node_text(static_cast<int>(i));
    if (!section.empty()) out_ += "\n" + to_string(kind) + "s\n" + section;
  }

  std::string node_text(int index) const {
    const PlanNode& node = plan_.nodes[static_cast<std::size_t>(index)];
    std::string text = "  " + padded(node.name, widest_) + "  " + padded(node.verb, widest_verb_) + "  x" +
                       std::to_string(node.parallelism);
    if (!node.format.empty()) text += "  " + node.format;
    if (node.kind == NodeKind::kSink) text += "  " + to_string(node.delivery);
    if (node.on_error != OnError::kFail) text += "  on_error: " + to_string(node.on_error);
    if (node.table) text += "  table: " + node.table->name;
    if (node.placement) text += "  on " + placement_text(*node.placement);
    if (node.event_time && node.event_time->field >= 0)
      text += "  event_time: " + node.schema[node.event_time->field].name;
    text += "\n";
    for (const PlanEdge& edge : plan_.edges)
      if (edge.to == index) text += margin() + "<- " + edge_text(edge) + "\n";
    for (const PlanPort& port : node.ports) text += margin() + "-> " + port_text(port) + "\n";
    return text;
  }

  std::string margin() const { return std::string(4, ' '); }

  std::string edge_text(const PlanEdge& edge) const {
    const PlanPort* port = find_port(plan_.nodes[static_cast<std::size_t>(edge.from)], edge.from_port);
    if (port == nullptr) return "?";
    std::string text = port->stream + "  (" + (edge.chained ? "same task" : to_string(edge.partitioning));
    if (!edge.key.empty()) text += " by " + key_text(edge.key, port->schema);
    return text + ")";
  }

  static std::string port_text(const PlanPort& port) {
    std::string text = port.stream + ": {" + schema_text(port.schema) + "}";
    if (port.event_time) text += "  with time";
    if (port.updates) text += "  updates";
    return text;
  }

  void write_chains() {
    out_ += "\ntasks\n";
    for (std::size_t i = 0; i < plan_.chains.size(); ++i) {
      std::string names;
      for (const int node : plan_.chains[i].nodes)
        names += (names.empty() ? "" : ", ") + plan_.nodes[static_cast<std::size_t>(node)].name;
      out_ += "  " + padded(std::to_string(i + 1), 2) + "  x" + std::to_string(plan_.chains[i].parallelism) + "  " +
              names + "\n";
    }
  }

  void write_notes() {
    if (plan_.notes.empty()) return;
    out_ += "\nnotes\n";
    for (const Diagnostic& note : plan_.notes) {
      out_ += "  line " + std::to_string(note.line) + ": " + note.message + "\n";
      if (!note.hint.empty()) out_ += "    " + note.hint + "\n";
    }
  }

  const Plan& plan_;
  std::size_t widest_ = 0;
  std::size_t widest_verb_ = 0;
  std::string out_;
};

}  // namespace

std::string plan_as_text(const Plan& plan) { return TextWriter(plan).write(); }

std::string to_string(Partitioning partitioning) {
  switch (partitioning) {
    case Partitioning::kForward:
      return "forward";
    case Partitioning::kHash:
      return "hash";
    case Partitioning::kRebalance:
      return "rebalance";
  }
  return "?";
}

std::string to_string(Delivery delivery) {
  switch (delivery) {
    case Delivery::kExactlyOnce:
      return "exactly_once";
    case Delivery::kAtLeastOnce:
      return "at_least_once";
    case Delivery::kAtMostOnce:
      return "at_most_once";
  }
  return "?";
}

std::string to_string(OnError on_error) {
  switch (on_error) {
    case OnError::kFail:
      return "fail";
    case OnError::kSkip:
      return "skip";
    case OnError::kDeadLetter:
      return "dead_letter";
  }
  return "?";
}

std::string to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::kSource:
      return "source";
    case NodeKind::kOperator:
      return "operator";
    case NodeKind::kSink:
      return "sink";
  }
  return "?";
}

std::string placement_text(const PlanPlacement& placement) {
  std::string text;
  for (const std::string& worker : placement.workers) text += (text.empty() ? "" : ", ") + worker;
  for (const auto& [key, value] : placement.labels) text += (text.empty() ? "" : ", ") + key + "=" + value;
  return text;
}

std::string schema_text(const record::Schema& schema) {
  std::string text;
  for (const record::Field& field : schema.fields)
    text +=
        (text.empty() ? "" : ", ") + field.name + ": " + record::to_string(field.type) + (field.nullable ? "" : "!");
  return text;
}

std::string key_text(const std::vector<int>& key, const record::Schema& schema) {
  std::string text;
  for (const int field : key) text += (text.empty() ? "" : ", ") + schema[field].name;
  return text;
}

}  // namespace penstock::topology
