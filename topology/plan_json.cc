#include <nlohmann/json.hpp>

#include "topology/plan_text.h"

namespace penstock::topology {
namespace {

using Json = nlohmann::ordered_json;

Json fields_json(const record::Schema& schema) {
  Json fields = Json::array();
  for (const record::Field& field : schema.fields)
    fields.push_back({{"name", field.name}, {"type", record::to_string(field.type)}, {"nullable", field.nullable}});
  return fields;
}

Json names_json(const std::vector<int>& key, const record::Schema& schema) {
  Json names = Json::array();
  for (const int field : key) names.push_back(schema[field].name);
  return names;
}

Json placement_json(const PlanPlacement& placement) {
  Json json = Json::object();
  if (!placement.workers.empty()) json["workers"] = placement.workers;
  for (const auto& [key, value] : placement.labels) json["label"][key] = value;
  return json;
}

Json node_json(const PlanNode& node) {
  Json json{{"name", node.name},
            {"kind", to_string(node.kind)},
            {"verb", node.verb},
            {"parallelism", node.parallelism},
            {"on_error", to_string(node.on_error)},
            {"line", node.line}};
  if (!node.format.empty()) json["format"] = node.format;
  if (node.kind == NodeKind::kSink) json["delivery"] = to_string(node.delivery);
  if (node.kind == NodeKind::kSource) json["schema"] = fields_json(node.schema);
  if (node.event_time && node.event_time->field >= 0) json["event_time"] = node.schema[node.event_time->field].name;
  if (node.table) json["table"] = node.table->name;
  if (node.placement) json["placement"] = placement_json(*node.placement);
  json["streams"] = Json::array();
  for (const PlanPort& port : node.ports)
    json["streams"].push_back({{"name", port.stream},
                               {"fields", fields_json(port.schema)},
                               {"event_time", port.event_time},
                               {"updates", port.updates}});
  return json;
}

Json edge_json(const Plan& plan, const PlanEdge& edge) {
  const PlanNode& from = plan.nodes[static_cast<std::size_t>(edge.from)];
  Json json{{"from", from.name},
            {"to", plan.nodes[static_cast<std::size_t>(edge.to)].name},
            {"input", edge.to_input},
            {"partitioning", to_string(edge.partitioning)},
            {"chained", edge.chained}};
  for (const PlanPort& port : from.ports) {
    if (port.port != edge.from_port) continue;
    json["stream"] = port.stream;
    json["key"] = names_json(edge.key, port.schema);
  }
  return json;
}

}  // namespace

std::string plan_as_json(const Plan& plan) {
  Json json{
      {"name", plan.name}, {"checkpoint_every_us", plan.checkpoint_every}, {"checkpoint_keep", plan.checkpoint_keep}};
  if (!plan.checkpoint_store.empty()) json["checkpoint_store"] = plan.checkpoint_store;
  for (const char* list : {"nodes", "edges", "chains", "notes"}) json[list] = Json::array();
  for (const PlanNode& node : plan.nodes) json["nodes"].push_back(node_json(node));
  for (const PlanEdge& edge : plan.edges) json["edges"].push_back(edge_json(plan, edge));
  for (const PlanChain& chain : plan.chains) {
    Json names = Json::array();
    for (const int node : chain.nodes) names.push_back(plan.nodes[static_cast<std::size_t>(node)].name);
    json["chains"].push_back({{"parallelism", chain.parallelism}, {"nodes", std::move(names)}});
  }
  for (const Diagnostic& note : plan.notes)
    json["notes"].push_back({{"code", note.code}, {"message", note.message}, {"hint", note.hint}, {"line", note.line}});
  return json.dump(2) + "\n";
}

}  // namespace penstock::topology
