#include "topology/check/graph.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>

#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

std::vector<std::string> routes_of(const NodeShape& node) {
  std::vector<std::string> routes;
  const Given* split = node.fields.find("split");
  if (split == nullptr || !split->node->is_map()) return routes;
  for (const YamlEntry& entry : split->node->entries) routes.push_back(entry.key.text);
  return routes;
}

bool is_split(const NodeShape& node) { return node.verb != nullptr && node.verb->rule->name == "split"; }

class Linker {
 public:
  Linker(const Shape& shape, Report& report) : shape_(shape), report_(report) {
    for (std::size_t i = 0; i < shape.nodes.size(); ++i) index_.emplace(shape.nodes[i].name, static_cast<int>(i));
  }

  Graph run() {
    for (std::size_t to = 0; to < shape_.nodes.size(); ++to) {
      const auto& from = shape_.nodes[to].from;
      for (std::size_t input = 0; input < from.size(); ++input)
        resolve(*from[input], static_cast<int>(to), static_cast<int>(input));
    }
    sort();
    return std::move(graph_);
  }

 private:
  void resolve(const YamlNode& place, int to, int input) {
    const std::string& text = place.text;
    const std::size_t dot = text.find('.');
    const auto found = index_.find(text.substr(0, dot));
    if (found == index_.end()) return unknown(place);
    const NodeShape& producer = shape_.nodes[static_cast<std::size_t>(found->second)];
    const std::string part = dot == std::string::npos ? "" : text.substr(dot + 1);
    const int port = part.empty() ? main_port(producer, place) : part_port(producer, part, place);
    if (port >= 0) graph_.links.push_back({found->second, port, to, input, &place});
  }

  void unknown(const YamlNode& place) {
    for (const TableShape& table : shape_.tables) {
      if (table.name != place.text) continue;
      report_.error("not_a_stream", place.place, "'" + table.name + "' is a table, not a stream",
                    "use it in a lookup, or declare it under sources");
      return;
    }
    std::vector<std::string> names;
    for (const NodeShape& node : shape_.nodes) {
      if (node.kind == NodeKind::kSink) continue;
      if (!is_split(node)) names.push_back(node.name);
      for (const std::string& route : routes_of(node)) names.push_back(node.name + "." + route);
    }
    if (shape_.nodes_missing) return;
    report_.error("unknown_stream", place.place, place.hidden("there is no stream '" + place.text + "'"),
                  nearest_hint(place.text, names));
  }

  int main_port(const NodeShape& producer, const YamlNode& place) {
    if (producer.kind == NodeKind::kSink) {
      report_.error("not_a_stream", place.place, "'" + producer.name + "' is a sink; nothing comes out of it",
                    "read the stream that it reads");
      return -1;
    }
    if (!is_split(producer)) return kMainPort;
    std::string streams;
    for (const std::string& route : routes_of(producer))
      streams += (streams.empty() ? "" : ", ") + producer.name + "." + route;
    report_.error("not_a_stream", place.place, "'" + producer.name + "' is split into several streams",
                  "read one of: " + streams);
    return -1;
  }

  int part_port(const NodeShape& producer, const std::string& part, const YamlNode& place) {
    const auto routes = routes_of(producer);
    const auto route = std::find(routes.begin(), routes.end(), part);
    if (route != routes.end()) return kFirstRoute + static_cast<int>(route - routes.begin());
    if (part == "errors") return errors_port(producer, place);
    if (part == "late") return late_port(producer, place);
    std::vector<std::string> names = routes;
    names.insert(names.end(), {"errors", "late"});
    for (std::string& name : names) name = producer.name + "." + name;
    report_.error("unknown_stream", place.place, place.hidden("'" + producer.name + "' has no stream '" + part + "'"),
                  nearest_hint(place.text, names));
    return -1;
  }

  int errors_port(const NodeShape& producer, const YamlNode& place) {
    if (producer.fields.text("on_error") == "dead_letter" || producer.fields.is_faulty("on_error")) return kErrorsPort;
    report_.error(
        "no_dead_letters", place.place,
        "'" + producer.name + "' makes no dead letters: its on_error is " + producer.fields.text("on_error", "fail"),
        "write on_error: dead_letter at '" + producer.name + "'");
    return -1;
  }

  int late_port(const NodeShape& producer, const YamlNode& place) {
    const Given* window = producer.fields.find("window");
    if (window != nullptr && (window->faulty || window->table()->text("time", "event") == "event")) return kLatePort;
    if (producer.verb == nullptr) return -1;
    report_.error("no_late_rows", place.place, "'" + producer.name + "' has no late rows",
                  window != nullptr ? "a window by time of arrival takes every row"
                                    : "only an aggregate with a window by event time has a stream of late rows");
    return -1;
  }

  void sort() {
    const auto count = shape_.nodes.size();
    std::vector<int> waiting(count, 0);
    std::vector<std::vector<int>> readers(count);
    for (const Link& link : graph_.links) {
      ++waiting[static_cast<std::size_t>(link.to)];
      readers[static_cast<std::size_t>(link.from)].push_back(link.to);
    }
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;  // File order where the graph leaves a choice.
    for (std::size_t i = 0; i < count; ++i)
      if (waiting[i] == 0) ready.push(static_cast<int>(i));
    while (!ready.empty()) {
      const int next = ready.top();
      ready.pop();
      graph_.order.push_back(next);
      for (const int reader : readers[static_cast<std::size_t>(next)])
        if (--waiting[static_cast<std::size_t>(reader)] == 0) ready.push(reader);
    }
    if (graph_.order.size() < count) report_cycle(waiting);
  }

  /// Walks against the flow from a node that never became ready: it comes round.
  void report_cycle(const std::vector<int>& waiting) {
    std::map<int, const Link*> producer_of;
    for (const Link& link : graph_.links)
      if (waiting[static_cast<std::size_t>(link.from)] > 0 && waiting[static_cast<std::size_t>(link.to)] > 0)
        producer_of.emplace(link.to, &link);
    std::vector<int> path;
    std::vector<bool> seen(shape_.nodes.size(), false);
    int at = producer_of.begin()->first;
    while (!seen[static_cast<std::size_t>(at)]) {
      seen[static_cast<std::size_t>(at)] = true;
      path.push_back(at);
      at = producer_of.at(at)->from;
    }
    path.erase(path.begin(), std::find(path.begin(), path.end(), at));
    std::reverse(path.begin(), path.end());
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    std::string words;
    for (std::size_t i = 0; i < path.size() && i < 8; ++i)
      words += shape_.nodes[static_cast<std::size_t>(path[i])].name + " -> ";
    if (path.size() > 8) words += "... -> ";
    words += shape_.nodes[static_cast<std::size_t>(path.front())].name;
    report_.error("cycle", producer_of.at(path.front())->place->place, "rows would go round for ever: " + words,
                  "every path leads from a source to a sink; break this one");
  }

  const Shape& shape_;
  Report& report_;
  std::map<std::string, int> index_;
  Graph graph_;
};

}  // namespace

Graph link_nodes(const Shape& shape, Report& report) { return Linker(shape, report).run(); }

std::string stream_name(const NodeShape& node, int port) {
  if (port == kMainPort) return node.name;
  if (port == kErrorsPort) return node.name + ".errors";
  if (port == kLatePort) return node.name + ".late";
  return node.name + "." + routes_of(node)[static_cast<std::size_t>(port - kFirstRoute)];
}

}  // namespace penstock::topology
