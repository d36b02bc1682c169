#include "topology/planner/wiring.h"

#include <algorithm>
#include <map>

namespace penstock::topology {
namespace {

/// Updates of one key must not overtake each other, so nodes that pass them on have as many tasks as the node that made
/// them (or one).
void follow_updates(CheckedTopology& topology, Report& report) {
  for (const Link& link : topology.links) {
    const PlanNode& producer = topology.nodes[static_cast<std::size_t>(link.from)].node;
    CheckedNode& checked = topology.nodes[static_cast<std::size_t>(link.to)];
    const auto& streams = topology.streams[static_cast<std::size_t>(link.from)];
    const auto stream = streams.find(link.port);  // Missing where the producer is faulty.
    const bool updates = stream != streams.end() && stream->second.updates;
    const bool keyed = checked.node.verb == "aggregate";
    if (!updates || keyed || checked.node.parallelism == 1 || checked.node.parallelism == producer.parallelism)
      continue;
    if (checked.parallelism_given) {
      report.error("parallelism_of_updates", checked.shape->fields.find("parallelism")->node->place,
                   "'" + producer.name + "' makes updates in " + std::to_string(producer.parallelism) +
                       " tasks, and with another number of tasks here they could overtake each other",
                   "write parallelism: " + std::to_string(producer.parallelism) + ", or 1");
      continue;
    }
    checked.node.parallelism = producer.parallelism;
  }
}

/// The files a node writes or reads would be torn by another that writes them too. Paths are compared as they stand.
void refuse_shared_files(const CheckedTopology& topology, Report& report) {
  std::map<std::string, std::string> users;  // Path -> what uses it, to be shown.
  for (const CheckedNode& checked : topology.nodes) {
    const std::string path = checked.node.verb == "file" ? checked.node.params.text("path") : "";
    if (!path.empty() && checked.node.kind == NodeKind::kSource)
      users.emplace(path, "the source '" + checked.node.name + "' reads");
  }
  for (const CheckedNode& checked : topology.nodes) {
    const std::string path = checked.node.verb == "file" ? checked.node.params.text("path") : "";
    if (path.empty() || checked.node.kind != NodeKind::kSink || path.ends_with('/')) continue;
    const auto [other, is_new] = users.emplace(path, "the sink '" + checked.node.name + "' writes");
    if (is_new) continue;
    report.error("shared_file", checked.shape->verb->key->place, "this file is the one that " + other->second,
                 "give each sink a file of its own");
  }
}

bool is_keyed(const PlanNode& consumer) { return consumer.verb == "aggregate" && !consumer.key.empty(); }

}  // namespace

void set_parallelism(CheckedTopology& topology, int otherwise, Report& report) {
  for (CheckedNode& checked : topology.nodes) {
    if (!checked.parallelism_given) checked.node.parallelism = otherwise;
    if (checked.single_because.empty() || checked.node.parallelism == 1) continue;
    if (checked.parallelism_given) {
      report.error("parallelism_fixed", checked.shape->fields.find("parallelism")->node->place,
                   "'" + checked.node.name + "' has one task: " + checked.single_because,
                   "remove it, or write parallelism: 1");
    }
    checked.node.parallelism = 1;
  }
  follow_updates(topology, report);
  refuse_shared_files(topology, report);
}

std::vector<PlanEdge> make_edges(const std::vector<PlanNode>& nodes, const std::vector<Link>& links,
                                 bool chain_keyed_edges) {
  std::vector<PlanEdge> edges;
  std::vector<int> inputs(nodes.size(), 0);
  for (const Link& link : links) ++inputs[static_cast<std::size_t>(link.to)];
  for (const Link& link : links) {
    const PlanNode& producer = nodes[static_cast<std::size_t>(link.from)];
    const PlanNode& consumer = nodes[static_cast<std::size_t>(link.to)];
    PlanEdge edge{link.from, link.port, link.to, link.input, Partitioning::kForward, {}, false};
    const bool equal = producer.parallelism == consumer.parallelism;
    const bool one_input = inputs[static_cast<std::size_t>(link.to)] == 1;
    if (is_keyed(consumer)) {
      edge.key = consumer.key;
      const bool one_to_one = equal && consumer.parallelism == 1 && one_input && chain_keyed_edges;
      if (!one_to_one) edge.partitioning = Partitioning::kHash;
    } else if (!equal) {
      edge.partitioning = Partitioning::kRebalance;
    }
    edges.push_back(std::move(edge));
  }
  std::stable_sort(edges.begin(), edges.end(), [](const PlanEdge& a, const PlanEdge& b) {
    return std::tie(a.to, a.to_input) < std::tie(b.to, b.to_input);
  });
  return edges;
}

std::vector<PlanChain> make_chains(const std::vector<PlanNode>& nodes, std::vector<PlanEdge>& edges) {
  std::vector<PlanEdge*> only_input(nodes.size(), nullptr);
  std::vector<int> inputs(nodes.size(), 0);
  for (PlanEdge& edge : edges) {
    ++inputs[static_cast<std::size_t>(edge.to)];
    only_input[static_cast<std::size_t>(edge.to)] = &edge;
  }
  std::vector<PlanChain> chains;
  std::vector<std::size_t> chain_of(nodes.size(), 0);
  std::vector<const PlanPlacement*> placements;  // Of chains; nullptr: anywhere.
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    PlanEdge* edge = inputs[i] == 1 ? only_input[i] : nullptr;
    const PlanPlacement* own = nodes[i].placement ? &*nodes[i].placement : nullptr;
    const std::size_t before = edge != nullptr ? chain_of[static_cast<std::size_t>(edge->from)] : 0;
    const bool joins = edge != nullptr && edge->partitioning == Partitioning::kForward &&
                       (own == nullptr || placements[before] == nullptr || *own == *placements[before]);
    if (joins) {
      edge->chained = true;
      chain_of[i] = before;
      chains[before].nodes.push_back(static_cast<int>(i));
      if (own != nullptr) placements[before] = own;
    } else {
      placements.push_back(own);
      chain_of[i] = chains.size();
      chains.push_back({{static_cast<int>(i)}, nodes[i].parallelism});
    }
  }
  return chains;
}

}  // namespace penstock::topology
