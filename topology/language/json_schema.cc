#include <nlohmann/json.hpp>

#include "topology/language/field_table.h"
#include "topology/loader.h"

namespace penstock::topology {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVariable = "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}";
constexpr const char* kDuration = "^-?([0-9]+(us|ms|s|m|h|d))+$|^0$|\\$\\{";
constexpr const char* kName = "^[A-Za-z0-9_-]{1,64}$";

Json reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }
Json either(Json a, Json b) { return {{"anyOf", {std::move(a), std::move(b)}}}; }
Json scalar() { return {{"type", {"string", "number", "boolean", "null"}}}; }
Json variable() { return {{"type", "string"}, {"pattern", kVariable}}; }

Json bounded(const char* type, const FieldRule& rule) {
  Json json{{"type", type}, {"minimum", rule.least}};
  if (rule.most < 1e18) json["maximum"] = rule.most;
  if (std::string_view(type) == "integer") {
    json["minimum"] = static_cast<std::int64_t>(rule.least);
    if (rule.most < 1e18) json["maximum"] = static_cast<std::int64_t>(rule.most);
  }
  return json;
}

Json table_json(const FieldTable& table);

Json words_json(const FieldRule& rule) {
  Json words = Json::array();
  for (const std::string_view word : rule.words) words.push_back(word);
  return {{"enum", std::move(words)}};
}

Json choice_json(const FieldRule& rule) {
  Json any = Json::array({words_json(rule), variable()});
  if (rule.table != nullptr) {
    Json inner = table_json(*rule.table);
    if (!inner["properties"].empty()) any.push_back(std::move(inner));
  }
  return {{"anyOf", std::move(any)}};
}

Json map_of(Json value) {
  return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", std::move(value)}};
}

Json nodes_json(const FieldRule& rule) {
  Json json{{"type", {"object", "null"}}, {"additionalProperties", reference(std::string(rule.table->name))}};
  json["propertyNames"] = {{"pattern", kName}};
  return json;
}

Json value_json(const FieldRule& rule) {
  switch (rule.kind) {
    case ValueKind::kText:
      return {{"type", "string"}, {"minLength", 1}};
    case ValueKind::kFlag:
      return either({{"type", "boolean"}}, variable());
    case ValueKind::kInteger:
      return either(bounded("integer", rule), variable());
    case ValueKind::kNumber:
      return either(bounded("number", rule), variable());
    case ValueKind::kDuration: {
      Json duration{{"type", "string"}, {"pattern", kDuration}};
      return rule.words.empty() ? duration : either(std::move(duration), words_json(rule));
    }
    case ValueKind::kRate:
      return {{"type", "string"}, {"pattern", "^[0-9.]+(e[0-9]+)?/[smh]$|\\$\\{"}};
    case ValueKind::kChoice:
      return choice_json(rule);
    case ValueKind::kExpression:
      return scalar();
    case ValueKind::kNamedExpressions:
      return map_of(scalar());
    case ValueKind::kNames:
      return either(
          {{"type", {"string", "number"}}},
          {{"type", "array"}, {"minItems", 1}, {"uniqueItems", true}, {"items", {{"type", {"string", "number"}}}}});
    case ValueKind::kTypes:
      return map_of(reference("type"));
    case ValueKind::kTable:
      return table_json(*rule.table);
    case ValueKind::kNodes:
      return nodes_json(rule);
  }
  return {};
}

/// Exactly one of the verbs; one that may stand beside another counts only where none of those stands.
Json one_verb(const FieldTable& table) {
  Json one_of = Json::array();
  for (const FieldRule& rule : table.fields) {
    if (!rule.verb || !rule.not_yet.empty()) continue;
    Json required{{"required", {rule.name}}};
    if (rule.beside_verb) required["not"] = {{"required", {"lookup"}}};
    one_of.push_back(std::move(required));
  }
  return one_of;
}

Json one_of_group(const FieldTable& table, const std::vector<std::string_view>& group) {
  Json one_of = Json::array();
  for (const std::string_view name : group)
    if (table.find(name)->not_yet.empty()) one_of.push_back({{"required", {name}}});
  return {{"oneOf", std::move(one_of)}};
}

std::string described(const FieldRule& rule) {
  std::string text(rule.doc);
  if (!rule.otherwise.empty()) text += ". Default: " + std::string(rule.otherwise);
  return text;
}

Json table_json(const FieldTable& table) {
  Json json{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const FieldRule& rule : table.fields) {
    if (!rule.not_yet.empty()) continue;
    Json value = value_json(rule);
    if (!rule.doc.empty()) value["description"] = described(rule);
    json["properties"][std::string(rule.name)] = std::move(value);
    if (rule.required) required.push_back(rule.name);
  }
  if (!required.empty()) json["required"] = std::move(required);
  if (json["properties"].empty()) json["type"] = {"object", "null"};
  Json all = Json::array();
  for (const auto& group : table.exactly_one_of) all.push_back(one_of_group(table, group));
  if (Json verbs = one_verb(table); !verbs.empty()) all.push_back({{"oneOf", std::move(verbs)}});
  if (!all.empty()) json["allOf"] = std::move(all);
  return json;
}

Json type_json() {
  const char* element = "bool|int64|float64|string|bytes|timestamp|duration";
  const std::string single =
      std::string("^(") + element + "|timestamp\\((seconds|millis|micros|nanos)\\)|\\[(" + element + ")\\])!?$|\\$\\{";
  Json list{{"type", "array"},
            {"minItems", 1},
            {"maxItems", 1},
            {"items", {{"type", "string"}, {"pattern", std::string("^(") + element + ")$|\\$\\{"}}}};
  return either({{"type", "string"}, {"pattern", single}}, std::move(list));
}

}  // namespace

std::string json_schema() {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "A Penstock topology"},
              {"description", "For YAML read by the core rules of version 1.2. `penstock validate` checks far more."}};
  schema.update(table_json(topology_fields()));
  for (const FieldTable* table :
       {&source_fields(), &table_fields(), &operator_fields(), &sink_fields(), &placement_fields()})
    schema["$defs"][std::string(table->name)] = table_json(*table);
  schema["$defs"]["type"] = type_json();
  return schema.dump(2) + "\n";
}

}  // namespace penstock::topology
