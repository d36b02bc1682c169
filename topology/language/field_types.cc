#include "topology/language/field_types.h"

#include <algorithm>

#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

using record::Kind;

constexpr Kind kKinds[] = {Kind::kBool,  Kind::kInt64,     Kind::kFloat64, Kind::kString,
                           Kind::kBytes, Kind::kTimestamp, Kind::kDuration};

std::optional<Kind> kind_of(std::string_view name) {
  for (const Kind kind : kKinds)
    if (record::to_string(kind) == name) return kind;
  return std::nullopt;
}

std::string hint_for(const std::string& name) {
  for (const std::string_view other : {"int", "integer", "long", "bigint", "int32", "uint64", "i64"})
    if (name == other) return "did you mean 'int64'?";
  for (const std::string_view other : {"float", "double", "number", "decimal", "real", "float32", "f64"})
    if (name == other) return "did you mean 'float64'?";
  for (const std::string_view other : {"text", "str", "varchar", "json", "object"})
    if (name == other) return "did you mean 'string'?";
  for (const std::string_view other : {"date", "datetime", "time"})
    if (name == other) return "did you mean 'timestamp'?";
  if (name == "boolean") return "did you mean 'bool'?";
  std::vector<std::string> names;
  for (const Kind kind : kKinds) names.emplace_back(record::to_string(kind));
  const std::string near = nearest_hint(name, names);
  return near + (near.starts_with("there are") ? ", and lists such as [string]" : "");
}

std::optional<FieldType> parse_element(std::string text, const YamlNode& node, Report& report) {
  FieldType type;
  const std::size_t open = text.find('(');
  if (open != std::string::npos && text.ends_with(')')) {
    type.unit = text.substr(open + 1, text.size() - open - 2);
    text.resize(open);
    const bool known = type.unit == "seconds" || type.unit == "millis" || type.unit == "micros" || type.unit == "nanos";
    if (text != "timestamp" || !known) {
      report.error("unknown_type", node.place, node.hidden("no type is called '" + text + "(" + type.unit + ")'"),
                   "timestamps read from integers are timestamp(seconds), (millis), (micros) or (nanos)");
      return std::nullopt;
    }
  }
  const auto kind = kind_of(text);
  if (!kind) {
    report.error("unknown_type", node.place, node.hidden("no type is called '" + text + "'"), hint_for(text));
    return std::nullopt;
  }
  type.type = {*kind};
  return type;
}

std::optional<FieldType> list_of(std::optional<FieldType> element, bool element_may_be_null, const YamlNode& node,
                                 Report& report) {
  if (!element) return std::nullopt;
  if (!element->unit.empty() || !element_may_be_null) {
    report.error("unknown_type", node.place, "the elements of a list have a bare type",
                 "such as [string] or [timestamp]");
    return std::nullopt;
  }
  element->type = {Kind::kList, element->type.kind};
  return element;
}

bool take_mark(std::string& text) {
  if (!text.ends_with('!')) return false;
  text.pop_back();
  return true;
}

}  // namespace

std::optional<FieldType> read_field_type(const YamlNode& node, Report& report) {
  if (node.is_faulty()) return std::nullopt;
  if (node.is_list()) {
    if (node.items.size() != 1 || !node.items[0].is_scalar()) {
      report.error("unknown_type", node.place, "a list type names the type of its elements, once",
                   "such as [string]; lists do not nest");
      return std::nullopt;
    }
    std::string text = node.items[0].text;
    const bool marked = take_mark(text);
    return list_of(parse_element(text, node.items[0], report), !marked, node.items[0], report);
  }
  std::string text = node.text;
  const bool required = take_mark(text);
  std::optional<FieldType> type;
  if (text.starts_with('[') && text.ends_with(']')) {
    type = list_of(parse_element(text.substr(1, text.size() - 2), node, report), true, node, report);
  } else {
    type = parse_element(text, node, report);
  }
  if (type) type->nullable = !required;
  return type;
}

bool is_field_name(const std::string& name) {
  return !name.empty() && name.size() <= 256 && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"';
  });
}

}  // namespace penstock::topology
