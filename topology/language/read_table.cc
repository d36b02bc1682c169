#include "topology/language/read_table.h"

#include <algorithm>
#include <utility>

#include "topology/expression/expression.h"

namespace penstock::topology {
namespace {

std::vector<std::string> names_of(const FieldTable& rules) {
  std::vector<std::string> names;
  for (const FieldRule& rule : rules.fields)
    if (rule.not_yet.empty()) names.emplace_back(rule.name);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Words of SQL that people type; empty: none.
std::string hint_for_sql(std::string_view key, const FieldTable& rules) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"where", "filter"}, {"having", "filter"}, {"group_by", "key_by"}, {"groupby", "key_by"}, {"select", "map"}};
  for (const auto& [word, here] : kWords)
    if (key == word && rules.find(here) != nullptr) return "here it is '" + std::string(here) + "'";
  return {};
}

void report_unknown_key(const YamlNode& key, const FieldTable& rules, const std::string& what, Report& report) {
  std::string hint = hint_for_sql(key.text, rules);
  if (hint.empty()) hint = nearest_hint(key.text, names_of(rules));
  if (rules.fields.empty()) hint = "write " + std::string(rules.name.substr(0, rules.name.find(' '))) + ": {}";
  report.error("unknown_key", key.place, "unknown key '" + key.text + "' in " + what, std::move(hint));
}

void check_required(const GivenTable& table, const std::string& what, Report& report, bool& complete) {
  for (const auto& [name, given] : table.fields)
    if (!given.rule->not_yet.empty()) return;  // What it would make of the node is not known here.
  for (const FieldRule& rule : table.rules->fields) {
    if (!rule.required || table.find(rule.name) != nullptr) continue;
    complete = false;
    const std::string message = what + " needs '" + std::string(rule.name) + "'";
    if (table.rules == &topology_fields()) {
      report.error_of_file("missing_key", message, doc_of(rule));
    } else {
      report.error("missing_key", table.place, message, doc_of(rule));
    }
  }
}

void check_exactly_one(const GivenTable& table, const std::string& what, Report& report, bool& complete) {
  for (const auto& group : table.rules->exactly_one_of) {
    std::vector<std::string> names;
    std::vector<const Given*> given;
    for (const std::string_view name : group) {
      const FieldRule* rule = table.rules->find(name);
      if (rule->not_yet.empty()) names.emplace_back(name);
      if (const Given* found = table.find(name)) given.push_back(found);
    }
    if (given.size() == 1) continue;
    if (given.empty() && !complete) continue;  // An unknown key may be what was meant.
    complete = false;
    if (given.empty()) {
      report.error("missing_key", table.place, what + " needs one of: " + listed(names));
    } else {
      report.error("too_many_keys", given[1]->key->place,
                   what + " has both '" + std::string(given[0]->rule->name) + "' and '" +
                       std::string(given[1]->rule->name) + "'",
                   "keep one of them");
    }
  }
}

}  // namespace

std::string doc_of(const FieldRule& rule) {
  std::string doc(rule.doc);
  const bool plain_word = doc.size() > 1 && doc[0] >= 'A' && doc[0] <= 'Z';
  if (plain_word) doc[0] = static_cast<char>(doc[0] - 'A' + 'a');
  return std::string(rule.name) + ": " + doc;
}

std::string nearest_hint(std::string_view name, const std::vector<std::string>& candidates) {
  const auto near = nearest_names(name, candidates);
  if (!near.empty()) return "did you mean '" + near.front() + "'?";
  if (candidates.empty() || candidates.size() > 24) return {};
  return (candidates.size() == 1 ? "there is: " : "there are: ") + listed(candidates);
}

GivenTable read_table(const YamlNode& node, const FieldTable& rules, Place above, const std::string& what,
                      Report& report) {
  GivenTable table;
  table.rules = &rules;
  table.place = above;
  if (node.is_faulty()) {
    table.complete = false;
    return table;
  }
  const bool empty =
      node.kind == YamlNode::Kind::kMissing || (node.is_scalar() && node.is_plain() && node.text == "null");
  if (!node.is_map() && !empty) {
    table.complete = false;
    report.error("wrong_type", node.place, what + " is a map",
                 rules.fields.empty() ? "write {}" : "its keys are: " + listed(names_of(rules)));
    return table;
  }
  bool keys_known = true;  // Else one of them may be what was required.
  for (const YamlEntry& entry : node.entries) {
    if (entry.key.is_faulty()) {
      table.complete = keys_known = false;
      continue;
    }
    const FieldRule* rule = rules.find(entry.key.text);
    if (rule == nullptr) {
      table.complete = keys_known = false;
      report_unknown_key(entry.key, rules, what, report);
      continue;
    }
    Given given = read_value(entry.key, entry.value, *rule, report);
    table.complete = table.complete && !given.faulty;
    table.fields.emplace(rule->name, std::move(given));
  }
  bool complete = table.complete;
  if (keys_known) check_required(table, what, report, complete);
  check_exactly_one(table, what, report, complete);
  table.complete = complete;
  return table;
}

}  // namespace penstock::topology
