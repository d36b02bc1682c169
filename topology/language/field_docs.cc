#include "topology/language/field_docs.h"

#include <algorithm>

namespace penstock::topology {
namespace {

void collect(const FieldTable& table, std::vector<const FieldTable*>& tables) {
  if (std::find(tables.begin(), tables.end(), &table) != tables.end()) return;
  tables.push_back(&table);
  for (const FieldRule& rule : table.fields)
    if (rule.table != nullptr && rule.not_yet.empty()) collect(*rule.table, tables);
}

std::string words_of(const FieldRule& rule) {
  std::string text;
  for (const std::string_view word : rule.words) text += (text.empty() ? "`" : ", `") + std::string(word) + "`";
  if (rule.kind == ValueKind::kChoice && rule.table != nullptr) {
    for (const FieldRule& inner : rule.table->fields)
      if (inner.not_yet.empty()) text += ", `{" + std::string(inner.name) + ": ...}`";
  }
  return text;
}

std::string kind_of(const FieldRule& rule) {
  switch (rule.kind) {
    case ValueKind::kText:
      return "text";
    case ValueKind::kFlag:
      return "`true`, `false`";
    case ValueKind::kInteger:
      return "whole number";
    case ValueKind::kNumber:
      return "number";
    case ValueKind::kDuration:
      return rule.words.empty() ? "time" : "time, " + words_of(rule);
    case ValueKind::kRate:
      return "rate";
    case ValueKind::kChoice:
      return words_of(rule);
    case ValueKind::kExpression:
      return "expression";
    case ValueKind::kNamedExpressions:
      return "map of expressions";
    case ValueKind::kNames:
      return "name, list of names";
    case ValueKind::kTypes:
      return "map of types";
    case ValueKind::kTable:
      return "map";
    case ValueKind::kNodes:
      return "map of names";
  }
  return "";
}

}  // namespace

std::vector<const FieldTable*> all_field_tables() {
  std::vector<const FieldTable*> tables;
  collect(topology_fields(), tables);
  return tables;
}

std::string field_table_as_markdown(const FieldTable& table) {
  std::string text;
  for (const FieldRule& rule : table.fields) {
    if (!rule.not_yet.empty()) continue;
    const std::string otherwise = rule.required ? "**required**" : std::string(rule.otherwise);
    text += "| `" + std::string(rule.name) + "` | " + kind_of(rule) + " | " + otherwise + " | " +
            std::string(rule.doc) + " |\n";
  }
  return text.empty() ? text : "| key | takes | default | meaning |\n|---|---|---|---|\n" + text;
}

}  // namespace penstock::topology
