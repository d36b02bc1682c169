#include "topology/check/check_topology.h"

#include <algorithm>

#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

OnError on_error_of(const GivenTable& fields) {
  const std::string word = fields.text("on_error", "fail");
  if (word == "skip") return OnError::kSkip;
  return word == "dead_letter" ? OnError::kDeadLetter : OnError::kFail;
}

/// A stream of a node of which nothing is known because of a fault.
Stream unknown_stream() {
  Stream stream;
  stream.event_time = true;  // So that nobody complains of what it may well have.
  return stream;
}

class TopologyChecker {
 public:
  TopologyChecker(const Shape& shape, Report& report) : shape_(shape), report_(report) {}

  CheckedTopology run() {
    const Graph graph = link_nodes(shape_, report_);
    tables_ = check_tables(shape_, report_);
    position_.assign(shape_.nodes.size(), -1);
    inputs_.resize(shape_.nodes.size());
    for (const Link& link : graph.links) inputs_[static_cast<std::size_t>(link.to)].push_back(link);
    for (const int index : graph.order) check_node(index);
    for (const Link& link : graph.links) {
      const int from = position_[static_cast<std::size_t>(link.from)];
      const int to = position_[static_cast<std::size_t>(link.to)];
      if (from >= 0 && to >= 0) result_.links.push_back({from, link.port, to, link.input, link.place});
    }
    check_placement();
    return std::move(result_);
  }

 private:
  void check_node(int index) {
    const NodeShape& shape = shape_.nodes[static_cast<std::size_t>(index)];
    position_[static_cast<std::size_t>(index)] = static_cast<int>(result_.nodes.size());
    CheckedNode checked;
    checked.shape = &shape;
    checked.node.name = shape.name;
    checked.node.kind = shape.kind;
    checked.node.verb = shape.verb != nullptr ? std::string(shape.verb->rule->name) : "";
    checked.node.on_error = on_error_of(shape.fields);
    checked.node.line = report_.source().line_at(shape.key->place.begin);
    checked.parallelism_given = shape.fields.find("parallelism") != nullptr;
    checked.node.parallelism = static_cast<int>(shape.fields.get<std::int64_t>("parallelism", shape_.parallelism));
    gather_inputs(index, checked);
    NodeCheck check{checked, tables_, report_};
    std::map<int, Stream> streams;
    Stream main = unknown_stream();
    if (shape.verb != nullptr) main = check_verb(check);
    limit_width(shape, main);
    add_streams(checked, main, streams);
    result_.nodes.push_back(std::move(checked));
    result_.streams.push_back(std::move(streams));
  }

  void limit_width(const NodeShape& shape, Stream& main) {
    if (!main.schema || main.schema->fields.size() <= kMostFields) return;
    report_.error("out_of_range", shape.key->place, "the rows of '" + shape.name + "' would have over 1,000 fields");
    main.schema.reset();
  }

  static Stream check_verb(NodeCheck& check) {
    switch (check.checked.node.kind) {
      case NodeKind::kSource:
        return check_source(check);
      case NodeKind::kOperator:
        return check_operator(check);
      case NodeKind::kSink:
        check_sink(check);
        break;
    }
    return {};
  }

  void gather_inputs(int index, CheckedNode& checked) {
    checked.input = unknown_stream();
    const auto& links = inputs_[static_cast<std::size_t>(index)];
    static const Stream kUnknown = unknown_stream();
    std::vector<const YamlNode*> places;
    std::vector<const Stream*> inputs;
    for (const Link& link : links) {
      const int from = position_[static_cast<std::size_t>(link.from)];
      const auto& streams = result_.streams[static_cast<std::size_t>(from)];
      const auto found = streams.find(link.port);
      inputs.push_back(found != streams.end() ? &found->second : &kUnknown);
      places.push_back(link.place);
    }
    if (links.size() != checked.shape->from.size() || links.empty()) return;  // An input was reported.
    checked.input = merge_streams(inputs, places, report_);
  }

  void add_streams(const CheckedNode& checked, const Stream& main, std::map<int, Stream>& streams) {
    if (checked.node.kind != NodeKind::kSink) streams.emplace(kMainPort, main);
    for (int route = 0;
         checked.node.verb == "split" && route < static_cast<int>(checked.shape->verb->node->entries.size()); ++route)
      streams.emplace(kFirstRoute + route, main);
    Stream errors;
    errors.schema = error_schema();
    errors.no_time_because = "dead letters have none";
    errors.endless = main.endless || checked.input.endless;
    streams.emplace(kErrorsPort, errors);
    if (checked.node.verb != "aggregate") return;
    Stream late = checked.input;
    streams.emplace(kLatePort, late);
  }

  void check_placement() {
    std::vector<std::string> names;
    for (const NodeShape& node : shape_.nodes) names.push_back(node.name);
    for (const PlacementShape& placed : shape_.placement) {
      const auto node = std::find_if(result_.nodes.begin(), result_.nodes.end(),
                                     [&](const CheckedNode& checked) { return checked.node.name == placed.key->text; });
      if (node != result_.nodes.end()) node->node.placement = placed.placement;
      if (std::find(names.begin(), names.end(), placed.key->text) != names.end()) continue;
      report_.error("unknown_node", placed.key->place, "there is no node '" + placed.key->text + "' to place",
                    nearest_hint(placed.key->text, names));
    }
  }

  const Shape& shape_;
  Report& report_;
  std::vector<CheckedTable> tables_;
  std::vector<int> position_;
  std::vector<std::vector<Link>> inputs_;
  CheckedTopology result_;
};

/// What keeps two schemas from being one; empty: nothing.
std::string difference(const record::Schema& a, const record::Schema& b) {
  for (int i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size()) return "'" + b[i].name + "' is only in the second";
    if (i >= b.size()) return "'" + a[i].name + "' is only in the first";
    if (a[i].name != b[i].name)
      return "field " + std::to_string(i + 1) + " is '" + a[i].name + "' in the first and '" + b[i].name +
             "' in the second";
    if (a[i].type != b[i].type)
      return "'" + a[i].name + "' is " + record::to_string(a[i].type) + " in the first and " +
             record::to_string(b[i].type) + " in the second";
  }
  return {};
}

}  // namespace

Stream merge_streams(const std::vector<const Stream*>& streams, const std::vector<const YamlNode*>& places,
                     Report& report) {
  Stream merged = *streams.front();
  for (std::size_t i = 1; i < streams.size(); ++i) {
    const Stream& next = *streams[i];
    merged.updates = merged.updates || next.updates;
    merged.endless = merged.endless || next.endless;
    if (merged.event_time && !next.event_time) merged.no_time_because = next.no_time_because;
    merged.event_time = merged.event_time && next.event_time;
    if (!next.schema) merged.schema.reset();
    if (!merged.schema) continue;
    const std::string why = difference(*merged.schema, *next.schema);
    if (!why.empty()) {
      report.error(
          "different_schemas", places[i]->place,
          places[i]->hidden("'" + places[0]->text + "' and '" + places[i]->text + "' cannot be merged: " + why),
          "bring both to the same fields, in the same order, with a map");
      merged.schema.reset();
      continue;
    }
    for (std::size_t f = 0; f < merged.schema->fields.size(); ++f)
      merged.schema->fields[f].nullable = merged.schema->fields[f].nullable || next.schema->fields[f].nullable;
  }
  return merged;
}

CheckedTopology check_topology(const Shape& shape, Report& report) { return TopologyChecker(shape, report).run(); }

}  // namespace penstock::topology
