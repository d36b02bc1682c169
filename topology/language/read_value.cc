#include <algorithm>

#include "runtime/base/time_text.h"
#include "topology/language/quantities.h"
#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

std::string_view word_for(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return "a text";
    case ValueKind::kFlag:
      return "true or false";
    case ValueKind::kInteger:
      return "a whole number";
    case ValueKind::kNumber:
      return "a number";
    case ValueKind::kDuration:
      return "a length of time";
    case ValueKind::kRate:
      return "a rate: a number and a unit of time";
    case ValueKind::kChoice:
      return "one of its words";
    case ValueKind::kExpression:
      return "an expression";
    case ValueKind::kNames:
      return "names";
    case ValueKind::kNamedExpressions:
      return "a map of expressions";
    case ValueKind::kTypes:
      return "a map of types";
    case ValueKind::kTable:
    case ValueKind::kNodes:
      return "a map";
  }
  return "something else";
}

std::string expected_value(const FieldRule& rule) {
  switch (rule.kind) {
    case ValueKind::kFlag:
      return "YAML 1.2 knows true and false, but no yes and no";
    case ValueKind::kInteger:
      return "such as 100";
    case ValueKind::kNumber:
      return "such as 0.5";
    case ValueKind::kDuration:
      return "write a time such as 500ms, 10s, 5m, 1h or 7d";
    case ValueKind::kRate:
      return "write a rate such as 10000/s";
    case ValueKind::kNames:
      return "write a name, or a list: [one, two]";
    case ValueKind::kNamedExpressions:
      return "write names with expressions: {name: \"expression\"}";
    case ValueKind::kTypes:
      return "write names with types: {id: int64, name: string}";
    case ValueKind::kExpression:
      return "write an expression in quotes";
    case ValueKind::kNodes:
      return "write names, each with what it is: {name: {...}}";
    case ValueKind::kText:
    case ValueKind::kChoice:
    case ValueKind::kTable:
      break;
  }
  return doc_of(rule);
}

class ValueReader {
 public:
  ValueReader(const YamlNode& key, const YamlNode& node, const FieldRule& rule, Report& report)
      : node_(node), rule_(rule), report_(report), name_("'" + std::string(rule.name) + "'") {
    given_.rule = &rule;
    given_.key = &key;
    given_.node = &node;
  }

  Given read() {
    if (node_.is_faulty()) return faulty();
    if (!rule_.not_yet.empty()) {
      return wrong("not_yet", given_.key->place, "not in this version yet: " + std::string(rule_.not_yet),
                   "docs/topology.md tells what this version can do");
    }
    const bool may_be_empty = rule_.kind == ValueKind::kTable || rule_.kind == ValueKind::kNodes;
    if (node_.kind == YamlNode::Kind::kMissing && !may_be_empty)
      return wrong("missing_value", given_.key->place, name_ + " has no value", expected_value(rule_));
    return by_kind();
  }

 private:
  Given by_kind() {
    switch (rule_.kind) {
      case ValueKind::kText:
        return text();
      case ValueKind::kFlag:
        return flag();
      case ValueKind::kInteger:
        return integer();
      case ValueKind::kNumber:
        return number();
      case ValueKind::kDuration:
        return duration();
      case ValueKind::kRate:
        return rate();
      case ValueKind::kChoice:
        return choice();
      case ValueKind::kExpression:
        return node_.is_scalar() ? given_ : wrong_kind();
      case ValueKind::kNames:
        return names();
      case ValueKind::kNamedExpressions:
        return named(false);
      case ValueKind::kTypes:
        return named(true);
      case ValueKind::kTable:
        return table(*rule_.table);
      case ValueKind::kNodes:
        return nodes();
    }
    return given_;
  }

  Given text() {
    if (!node_.is_scalar()) return wrong_kind();
    if (node_.is_plain() && !node_.from_variable && core_type(node_.text) != CoreType::kString) {
      return wrong("wrong_type", node_.place,
                   name_ + " is a text, and YAML reads this as " + std::string(to_string(core_type(node_.text))),
                   "quote it: \"" + node_.text + "\"");
    }
    if (node_.text.empty()) return wrong("wrong_type", node_.place, name_ + " is empty", doc_of(rule_));
    given_.value = node_.text;
    return given_;
  }

  Given flag() {
    const auto value = plain() ? parse_flag(node_.text) : std::nullopt;
    if (!value) return wrong_kind();
    given_.value = *value;
    return given_;
  }

  Given integer() {
    const auto value = plain() ? parse_integer(node_.text) : std::nullopt;
    if (!value) return wrong_kind();
    if (!in_bounds(static_cast<double>(*value))) return given_;
    given_.value = *value;
    return given_;
  }

  Given number() {
    const auto value = plain() ? parse_number(node_.text) : std::nullopt;
    if (!value) return wrong_kind();
    if (!in_bounds(*value)) return given_;
    given_.value = *value;
    return given_;
  }

  Given duration() {
    if (!node_.is_scalar()) return wrong_kind();
    if (is_word()) return given_;
    const auto value = base::parse_duration(node_.text);
    if (!value) return wrong_kind();
    if (static_cast<double>(*value) < rule_.least) {
      return wrong("out_of_range", node_.place, name_ + " is too short",
                   rule_.least > 1   ? "at least 1ms"
                   : rule_.least > 0 ? "write a time above 0, such as 10s"
                                     : "write a time of 0s or more");
    }
    given_.value = *value;
    return given_;
  }

  /// 0/s, -5/s
  static bool is_rate_of_nothing(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return false;
    const auto number = parse_number(std::string_view(text).substr(0, slash));
    return number && *number <= 0 && parse_rate("1" + text.substr(slash));
  }

  Given rate() {
    const auto value = node_.is_scalar() ? parse_rate(node_.text) : std::nullopt;
    if (!value && node_.is_scalar() && is_rate_of_nothing(node_.text))
      return wrong("out_of_range", node_.place, name_ + " must be above 0",
                   "leave it out to go as fast as possible, or write a rate such as 10000/s");
    if (!value) return wrong_kind();
    given_.value = *value;
    return given_;
  }

  Given choice() {
    if (node_.is_map() && rule_.table != nullptr) return table(*rule_.table);
    if (!node_.is_scalar()) return wrong_kind();
    given_.value = node_.text;
    if (is_word()) return given_;
    std::vector<std::string> words(rule_.words.begin(), rule_.words.end());
    if (rule_.table != nullptr && rule_.table->find(node_.text) != nullptr) {
      const std::string_view detail = rule_.table->find(node_.text)->not_yet;
      if (!detail.empty())
        return wrong("not_yet", node_.place, "not in this version yet: " + std::string(detail),
                     "docs/topology.md tells what this version can do");
      return wrong("wrong_type", node_.place, "'" + node_.text + "' needs more here",
                   "write {" + node_.text + ": ...}");
    }
    return wrong(
        "unknown_word", node_.place, shown() + " is not one of the words for " + name_,
        rule_.table != nullptr && begins_with_key_of(*rule_.table) ? as_map() : nearest_hint(node_.text, words));
  }

  /// `emit: every 1s` for `emit: {every: 1s}`.
  bool begins_with_key_of(const FieldTable& table) const {
    const std::size_t space = node_.text.find(' ');
    return space != std::string::npos && table.find(std::string_view(node_.text).substr(0, space)) != nullptr;
  }
  std::string as_map() const {
    const std::size_t space = node_.text.find(' ');
    return "write {" + node_.text.substr(0, space) + ": " + node_.text.substr(space + 1) + "}";
  }

  Given names() {
    if (node_.is_scalar()) return is_name(node_) ? given_ : faulty();
    if (!node_.is_list()) return wrong_kind();
    if (node_.items.empty())
      return wrong("missing_value", node_.place, name_ + " is an empty list", expected_value(rule_));
    bool good = true;
    std::vector<std::string_view> seen;
    for (const YamlNode& item : node_.items) {
      if (!is_name(item)) {
        good = false;
      } else if (std::find(seen.begin(), seen.end(), item.text) != seen.end()) {
        good = false;
        report_.error("repeated_name", item.place, item.hidden("'" + item.text + "' stands here a second time"),
                      "remove it");
      } else {
        seen.push_back(item.text);
      }
      if (seen.size() > 1000) return wrong("out_of_range", node_.place, name_ + " has over 1,000 names");
    }
    return good ? given_ : faulty();
  }

  bool is_name(const YamlNode& item) {
    if (item.is_faulty()) return false;
    if (item.is_scalar() && !item.text.empty()) return true;
    report_.error("wrong_type", item.kind == YamlNode::Kind::kMissing ? node_.place : item.place,
                  name_ + " takes names", expected_value(rule_));
    return false;
  }

  Given named(bool types) {
    if (!node_.is_map()) return wrong_kind();
    if (node_.entries.empty()) return wrong("missing_value", node_.place, name_ + " is empty", expected_value(rule_));
    if (node_.entries.size() > 1000) return wrong("out_of_range", given_.key->place, name_ + " has over 1,000 entries");
    bool good = true;
    for (const YamlEntry& entry : node_.entries) good = named_entry(entry, types) && good;
    return good ? given_ : faulty();
  }

  bool named_entry(const YamlEntry& entry, bool types) {
    if (entry.key.is_faulty() || entry.value.is_faulty()) return false;
    if (entry.value.is_scalar() || (types && entry.value.is_list())) return true;
    const std::string name = "'" + entry.key.text + "'";
    if (entry.value.kind == YamlNode::Kind::kMissing) {
      report_.error("missing_value", entry.key.place, name + " has no " + (types ? "type" : "value"),
                    types ? "write " + entry.key.text + ": string" : "write " + entry.key.text + ": \"an expression\"");
    } else {
      report_.error("wrong_type", entry.value.place, name + (types ? " needs a type" : " needs an expression"),
                    types ? "such as int64 or [string]" : "quote an expression that begins with { or [");
    }
    return false;
  }

  Given table(const FieldTable& rules) {
    auto inner = std::make_shared<GivenTable>(read_table(node_, rules, given_.key->place, name_, report_));
    given_.faulty = !inner->complete;
    given_.value = std::move(inner);
    return given_;
  }

  Given nodes() {
    if (node_.is_map() || node_.kind == YamlNode::Kind::kMissing) return given_;
    return wrong_kind();
  }

  bool is_word() {
    const bool found = std::find(rule_.words.begin(), rule_.words.end(), node_.text) != rule_.words.end();
    if (found) given_.value = node_.text;
    return found;
  }

  bool plain() const { return node_.is_scalar() && node_.is_plain(); }

  bool in_bounds(double value) {
    if (value >= rule_.least && value <= rule_.most) return true;
    const auto text = [](double bound) { return std::to_string(static_cast<std::int64_t>(bound)); };
    std::string hint = "at least " + text(rule_.least);
    if (rule_.most < 1e18)
      hint = rule_.least == rule_.most ? "write " + text(rule_.least)
                                       : "from " + text(rule_.least) + " to " + text(rule_.most);
    wrong("out_of_range", node_.place, shown() + " is not a value that " + name_ + " can have", std::move(hint));
    return false;
  }

  /// The value as the file has it; a variable's value is never shown.
  std::string shown() const { return node_.hidden("'" + node_.text + "'"); }

  Given wrong_kind() {
    const bool number =
        rule_.kind == ValueKind::kInteger || rule_.kind == ValueKind::kNumber || rule_.kind == ValueKind::kFlag;
    const bool bare_would_do =
        number && node_.is_scalar() && !node_.is_plain() && core_type(node_.text) != CoreType::kString;
    return wrong("wrong_type", node_.place, name_ + " takes " + std::string(word_for(rule_.kind)),
                 bare_would_do ? "write it without quotes: " + node_.text : expected_value(rule_));
  }
  Given wrong(std::string code, Place place, std::string message, std::string hint = {}) {
    report_.error(std::move(code), place, std::move(message), std::move(hint));
    return faulty();
  }
  Given faulty() {
    given_.faulty = true;
    return given_;
  }

  const YamlNode& node_;
  const FieldRule& rule_;
  Report& report_;
  std::string name_;
  Given given_;
};

}  // namespace

Given read_value(const YamlNode& key, const YamlNode& node, const FieldRule& rule, Report& report) {
  return ValueReader(key, node, rule, report).read();
}

}  // namespace penstock::topology
