#include "topology/check/check_operator.h"

#include <algorithm>
#include <array>

#include "topology/check/connectors.h"
#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

using record::Kind;
using record::Schema;

using Checker = Stream (*)(NodeCheck&);
struct VerbChecker {
  std::string_view verb;
  Checker check;
};

Stream unchanged(const NodeCheck& check) { return check.checked.input; }

Stream check_filter(NodeCheck& check) {
  ExprPtr condition =
      check_scalar(*check.verb().node, Scope::of(check.input()), record::Type{Kind::kBool}, check.report);
  if (condition != nullptr) check.node().params.set("condition", std::move(condition));
  return unchanged(check);
}

Stream check_map(NodeCheck& check) {
  Stream out = check.checked.input;
  out.schema.reset();
  auto named = check_named(check.verb(), Scope::of(check.input()), check.report);
  if (!named || !all_typed(check.verb(), *named, check.report)) return out;
  out.schema.emplace();
  for (const auto& [name, expression] : *named)
    out.schema->fields.push_back({name, expression->type, expression->nullable});
  check.node().params.set("fields", std::move(*named));
  return out;
}

Stream check_add(NodeCheck& check) {
  Stream out = check.checked.input;
  auto named = check_named(check.verb(), Scope::of(check.input()), check.report);
  if (!named || !all_typed(check.verb(), *named, check.report)) {
    out.schema.reset();
    return out;
  }
  add_fields(*named, *out.schema);
  check.node().params.set("fields", std::move(*named));
  return out;
}

Stream check_drop(NodeCheck& check) {
  Stream out = check.checked.input;
  std::vector<std::string> dropped;
  for (const int index : read_fields(check.verb(), check.input(), check.report))
    dropped.push_back(check.input()[index].name);
  std::erase_if(out.schema->fields, [&](const record::Field& field) {
    return std::find(dropped.begin(), dropped.end(), field.name) != dropped.end();
  });
  if (out.schema->fields.empty()) {
    check.report.error("no_fields", check.verb().node->place, "this drops every field", "leave at least one");
    out.schema.reset();
  }
  check.node().params.set("fields", std::move(dropped));
  return out;
}

Stream check_flat_map(NodeCheck& check) {
  Stream out = check.checked.input;
  out.schema.reset();
  auto named = check_named(check.verb(), Scope::of(check.input()), check.report);
  if (!named) return out;
  const YamlNode& node = *check.verb().node;
  if (named->size() != 1) {
    check.report.error("wrong_type", node.entries[1].key.place, "flat_map takes one list",
                       "use an add before it for other fields");
    return out;
  }
  auto& [name, expression] = named->front();
  if (expression->type.kind != Kind::kList || expression->type.element == Kind::kNull) {
    check.report.error("wrong_type", node.entries[0].value.place,
                       "flat_map needs a list, and this is " + record::to_string(expression->type),
                       "such as split(line, ' ') or json_list(text, '$.items')");
    return out;
  }
  out.schema = check.checked.input.schema;
  const record::Field element{name, {expression->type.element}, true};
  if (const auto at = out.schema->index_of(name)) {
    out.schema->fields[static_cast<std::size_t>(*at)] = element;
  } else {
    out.schema->fields.push_back(element);
  }
  check.node().params.set("fields", std::move(*named));
  return out;
}

void check_route_name(const YamlNode& key, Report& report) {
  const bool word =
      !key.text.empty() && key.text.size() <= 64 && std::all_of(key.text.begin(), key.text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  if (!word) report.error("bad_name", key.place, "the name of a stream has 1 to 64 letters, digits, _ and -");
  if (key.text != "errors" && key.text != "late") return;
  report.error("bad_name", key.place, "'" + key.text + "' is the name of a stream that every node may have",
               "choose another");
}

Stream check_split(NodeCheck& check) {
  Stream out = check.checked.input;
  NamedExprs routes;
  const auto& entries = check.verb().node->entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const YamlEntry& entry = entries[i];
    if (!entry.key.is_scalar() || !entry.value.is_scalar()) continue;
    check_route_name(entry.key, check.report);
    ExprPtr condition;
    if (entry.value.text == "else") {
      if (i + 1 < entries.size()) {
        check.report.error("else_not_last", entry.key.place,
                           "'else' takes every row that comes to it, so what follows gets none", "move it to the end");
      }
    } else {
      condition = check_scalar(entry.value, Scope::of(check.input()), record::Type{Kind::kBool}, check.report);
    }
    routes.emplace_back(entry.key.text, std::move(condition));
  }
  check.node().params.set("routes", std::move(routes));
  return out;
}

Stream check_limit(NodeCheck& check) {
  if (const auto* count = check.verb().as<std::int64_t>()) check.node().params.set("count", *count);
  check.checked.single_because = "limit counts all rows in one place";
  if (check.checked.input.updates)
    check.report.error("updates_refused", check.verb().key->place,
                       "limit counts rows, and these come with updates that replace earlier ones",
                       "aggregate with emit: end, or put the limit before the aggregate");
  Stream out = unchanged(check);
  return out;
}

Stream check_sample(NodeCheck& check) {
  if (const auto* fraction = check.verb().as<double>()) check.node().params.set("fraction", *fraction);
  return unchanged(check);
}

Stream check_throttle(NodeCheck& check) {
  if (const auto* rate = check.verb().as<double>()) check.node().params.set("rate", *rate);
  check.checked.single_because = "throttle holds all rows to one rate";
  return unchanged(check);
}

constexpr std::array<VerbChecker, 11> kVerbs{{{"filter", check_filter},
                                              {"map", check_map},
                                              {"add", check_add},
                                              {"drop", check_drop},
                                              {"flat_map", check_flat_map},
                                              {"split", check_split},
                                              {"limit", check_limit},
                                              {"sample", check_sample},
                                              {"throttle", check_throttle},
                                              {"lookup", check_lookup},
                                              {"aggregate", check_aggregate}}};

/// Modifiers that say something only beside certain verbs.
void check_modifiers(NodeCheck& check) {
  for (const std::string_view modifier : {"key_by", "window", "emit"}) {
    const Given* given = check.fields().find(modifier);
    if (given == nullptr || check.node().verb == "aggregate") continue;
    check.report.error("wrong_place", given->key->place,
                       "'" + std::string(modifier) + "' belongs to aggregate, and this is " + check.node().verb,
                       "remove it");
  }
}

/// The input is not known because of a fault upstream: only what does not depend on it is looked at.
void check_writing_only(NodeCheck& check) {
  const Given& verb = check.verb();
  if (verb.rule->kind == ValueKind::kExpression) check_writing(*verb.node, check.report);
  if (verb.rule->kind != ValueKind::kNamedExpressions) return;
  for (const YamlEntry& entry : verb.node->entries)
    if (entry.value.text != "else") check_writing(entry.value, check.report);
}

}  // namespace

void add_fields(const NamedExprs& named, Schema& schema) {
  for (const auto& [name, expression] : named) {
    const record::Field field{name, expression->type, expression->nullable};
    const auto at = schema.index_of(name);
    if (at) schema.fields[static_cast<std::size_t>(*at)] = field;
    if (!at) schema.fields.push_back(field);
  }
}

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields) names.push_back(field.name);
  return names;
}

std::vector<int> read_fields(const Given& given, const Schema& schema, Report& report) {
  std::vector<int> indices;
  if (given.faulty) return indices;
  std::vector<const YamlNode*> names;
  if (given.node->is_scalar()) names.push_back(given.node);
  for (const YamlNode& item : given.node->items) names.push_back(&item);
  for (const YamlNode* name : names) {
    if (const auto index = schema.index_of(name->text)) {
      indices.push_back(*index);
    } else {
      report.error("unknown_field", name->place, name->hidden("the input has no field '" + name->text + "'"),
                   nearest_hint(name->text, names_of(schema)));
    }
  }
  return indices;
}

Stream check_operator(NodeCheck& check) {
  check_modifiers(check);
  Stream unknown = check.checked.input;
  if (!check.checked.input.schema) {
    check_writing_only(check);
    return unknown;
  }
  for (const VerbChecker& verb : kVerbs)
    if (verb.verb == check.node().verb) return verb.check(check);
  unknown.schema.reset();
  return unknown;
}

}  // namespace penstock::topology
