/// The language as data: what may stand under each key of a topology file. One table per kind of node drives reading,
/// unknown-key hints, the JSON Schema and the tables in docs/topology.md.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace penstock::topology {

struct FieldTable;

enum class ValueKind : std::uint8_t {
  kText,              ///< A string.
  kFlag,              ///< true or false.
  kInteger,           ///< A whole number within [least, most].
  kNumber,            ///< A number within [least, most].
  kDuration,          ///< 500ms 10s 5m 1h 7d; or one of `words`.
  kRate,              ///< 10000/s
  kChoice,            ///< One of `words`; or, where `table` is given, such a map.
  kExpression,        ///< A scalar.
  kNamedExpressions,  ///< A map from name to expression; or to one of `words`.
  kNames,             ///< A name or a list of names.
  kTypes,             ///< A map from name to type: a schema.
  kTable,             ///< A map as `table` says.
  kNodes,             ///< A map from a name of the user's to a map as `table` says.
};

struct FieldRule {
  std::string_view name;
  ValueKind kind = ValueKind::kText;
  std::string_view doc = {};  ///< One line, without a full stop.
  bool required = false;
  std::string_view otherwise = {};  ///< Shown default; what applies is written where the value is used.
  std::vector<std::string_view> words = {};
  const FieldTable* table = nullptr;
  double least = 0;
  double most = 9.2e18;
  bool verb = false;              ///< Exactly one verb (or connector) stands in a node.
  bool beside_verb = false;       ///< A verb that is a modifier when another verb stands there (`add`).
  std::string_view not_yet = {};  ///< Part of the language that this version cannot run: what it is.
};

struct FieldTable {
  std::string_view name;  ///< As in the documentation: "source", "file source", "window".
  std::vector<FieldRule> fields;
  std::vector<std::vector<std::string_view>> exactly_one_of = {};

  const FieldRule* find(std::string_view field) const {
    for (const FieldRule& rule : fields)
      if (rule.name == field) return &rule;
    return nullptr;
  }
};

const FieldTable& topology_fields();   ///< The outermost map.
const FieldTable& source_fields();     ///< sources: NAME:
const FieldTable& table_fields();      ///< tables: NAME:
const FieldTable& operator_fields();   ///< operators: NAME:
const FieldTable& sink_fields();       ///< sinks: NAME:
const FieldTable& placement_fields();  ///< placement: NAME:
const FieldTable& format_fields();     ///< format: {csv: {...}}

}  // namespace penstock::topology
