#include "topology/check/connectors.h"

#include <cctype>

#include "topology/check/expressions.h"
#include "topology/language/field_types.h"
#include "topology/language/quantities.h"

namespace penstock::topology {
namespace {

using record::Kind;

bool is_host_and_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto port = parse_integer(std::string_view(text).substr(colon + 1));
  return port && *port >= 0 && *port <= 65535 && text.find_first_of(" /") == std::string::npos;
}

void check_address(const GivenTable& given, std::string_view field, Report& report) {
  const Given* address = given.find(field);
  if (address == nullptr || address->as<std::string>() == nullptr || is_host_and_port(*address->as<std::string>()))
    return;
  const std::string& text = *address->as<std::string>();
  const auto port = parse_integer(std::string_view(text).substr(text.rfind(':') + 1));
  const bool number = text.find(':') != std::string::npos && port.has_value();
  report.error("bad_address", address->node->place,
               number ? "a port is a number from 0 to 65535" : "'" + std::string(field) + "' needs a host and a port",
               "write \"127.0.0.1:9000\"");
}

void check_delimiter(const GivenTable& csv, Report& report) {
  const Given* delimiter = csv.find("delimiter");
  if (delimiter == nullptr || delimiter->as<std::string>() == nullptr) return;
  const std::string& text = *delimiter->as<std::string>();
  const bool one = text.size() == 1 && text != "\"" && text != "\n" && text != "\r";
  const bool of_values = one && std::isalnum(static_cast<unsigned char>(text.front())) != 0;
  if (one && !of_values) return;
  report.error("bad_delimiter", delimiter->node->place,
               of_values
                   ? "'" + text + "' cannot be a delimiter, since numbers and times are made of letters and digits"
                   : "a delimiter is one ASCII character, and not a quote",
               "write \";\" or \"\\t\"");
}

}  // namespace

void copy_params(const GivenTable& given, Params& params) {
  for (const auto& [name, value] : given.fields) {
    if (value.faulty) continue;
    const std::string key(name);
    if (const auto* flag = value.as<bool>()) params.set(key, *flag);
    if (const auto* integer = value.as<std::int64_t>()) params.set(key, *integer);
    if (const auto* number = value.as<double>()) params.set(key, *number);
    if (const auto* text = value.as<std::string>()) params.set(key, *text);
  }
}

void read_connector(const GivenTable& given, const std::string& connector, NodeCheck& check) {
  copy_params(given, check.node().params);
  if (connector != "tcp") return;
  check_address(given, "connect", check.report);
  check_address(given, "listen", check.report);
}

bool read_format(const GivenTable& fields, std::string& format, Params& params, Report& report) {
  const Given* given = fields.find("format");
  if (given == nullptr) return false;
  if (const auto* word = given->as<std::string>()) {
    format = *word;
    return true;
  }
  const GivenTable* options = given->table();
  if (options == nullptr) return false;
  if (options->fields.size() != 1) {
    report.error("missing_value", given->node->place, "'format' names no format",
                 "write format: csv, or {csv: {header: false}}");
    return false;
  }
  const auto& [name, inner] = *options->fields.begin();
  format = std::string(name);
  if (inner.table() == nullptr) return false;
  copy_params(*inner.table(), params);
  check_delimiter(*inner.table(), report);
  return true;
}

std::optional<record::Schema> read_schema(const Given& given, Params& params, Report& report) {
  if (!given.node->is_map()) return std::nullopt;
  bool good = !given.faulty;
  record::Schema schema;
  auto units = std::make_shared<Params>();
  for (const YamlEntry& entry : given.node->entries) {
    if (!entry.key.is_scalar() || (!entry.value.is_scalar() && !entry.value.is_list())) continue;
    good = check_field_name(entry.key, report) && good;
    const auto type = read_field_type(entry.value, report);
    good = good && type;
    if (!type) continue;
    if (!type->unit.empty()) units->set(entry.key.text, type->unit);
    schema.fields.push_back({entry.key.text, type->type, type->nullable});
  }
  if (!units->all().empty()) params.set("units", std::shared_ptr<const Params>(std::move(units)));
  if (!good) return std::nullopt;
  return schema;
}

bool all_typed(const Given& given, const NamedExprs& named, Report& report) {
  bool good = true;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const record::Type type = named[i].second->type;
    if (type.kind != Kind::kNull && !(type.kind == Kind::kList && type.element == Kind::kNull)) continue;
    good = false;
    report.error("no_type", given.node->entries[i].value.place,
                 "'" + named[i].first + "' has no type, since it is always null or an empty list",
                 "say which: cast(null as int64)");
  }
  return good;
}

bool is_endless(const PlanNode& source) {
  if (source.verb == "file") return source.params.flag("follow");
  if (source.verb == "generate") return !source.params.has("count");
  return source.verb == "tcp" && source.params.has("listen");
}

std::string cannot_replay(const PlanNode& source) {
  if (source.params.flag("journal")) return {};
  if (source.verb == "stdin") return "standard input cannot be read twice";
  if (source.verb == "tcp") return "what came over a socket cannot be asked for again";
  return {};
}

}  // namespace penstock::topology
