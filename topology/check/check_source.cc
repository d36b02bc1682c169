#include <algorithm>

#include "topology/check/connectors.h"
#include "topology/check/expressions.h"
#include "topology/check/stream.h"
#include "topology/language/field_types.h"
#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

using record::Kind;
using record::Schema;

std::vector<std::string> timestamp_fields(const Schema& schema) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields)
    if (field.type.kind == Kind::kTimestamp) names.push_back(field.name);
  return names;
}

/// `event_time: {field, out_of_order, idle_after}` over the source's schema.
std::optional<EventTime> read_event_time(const GivenTable& given, const Schema& schema, Report& report) {
  EventTime time;
  time.out_of_order = given.get<std::int64_t>("out_of_order", 0);
  const Given* idle = given.find("idle_after");
  if (idle != nullptr && idle->as<std::int64_t>() != nullptr) time.idle_after = *idle->as<std::int64_t>();
  const Given* name = given.find("field");
  if (name == nullptr || name->faulty) return std::nullopt;
  const std::string text = given.text("field");
  const auto index = schema.index_of(text);
  const auto candidates = timestamp_fields(schema);
  if (!index) {
    std::string hint = nearest_hint(text, candidates);
    if (candidates.empty()) hint = "the schema has no field of type timestamp";
    report.error("unknown_field", name->node->place, name->node->hidden("this source has no field '" + text + "'"),
                 std::move(hint));
    return std::nullopt;
  }
  if (schema[*index].type.kind != Kind::kTimestamp) {
    report.error("wrong_type", name->node->place,
                 name->node->hidden("'" + text + "' is " + record::to_string(schema[*index].type) +
                                    ", and event time is a timestamp"),
                 "declare it as timestamp, or as timestamp(millis) when it is an integer");
    return std::nullopt;
  }
  time.field = *index;
  return time;
}

class SourceChecker {
 public:
  explicit SourceChecker(NodeCheck& check) : check_(check), fields_(check.fields()) {}

  Stream run() {
    const std::string connector = check_.node().verb;
    const Given& verb = check_.verb();
    if (verb.table() != nullptr) read_connector(*verb.table(), connector, check_);
    stream_.schema = connector == "generate" ? generated() : declared();
    if (const Given* rate = fields_.find("rate"); rate != nullptr && rate->as<double>() != nullptr)
      check_.node().rate = *rate->as<double>();
    if (fields_.get<bool>("journal", false)) journal(connector);
    stream_.endless = is_endless(check_.node());
    if (connector == "stdin") check_.checked.single_because = "there is one standard input";
    if (connector == "tcp") check_.checked.single_because = "there is one socket";
    if (stream_.schema) check_.node().schema = *stream_.schema;
    time();
    return std::move(stream_);
  }

 private:
  void refuse(std::string_view field, const std::string& why, const std::string& hint) {
    const Given* given = fields_.find(field);
    if (given == nullptr) return;
    check_.report.error("wrong_place", given->key->place, "'" + std::string(field) + "' " + why, hint);
  }

  std::optional<Schema> generated() {
    refuse("format", "does not apply to generate, which makes rows and not bytes", "remove it");
    refuse("schema", "does not apply to generate", "give fields with expressions: fields: {id: i}");
    const Given* given = fields_.find("fields");
    if (given == nullptr) {
      if (fields_.complete)
        check_.report.error("missing_key", check_.checked.shape->key->place, "generate needs 'fields'",
                            "write fields: {id: i}");
      return std::nullopt;
    }
    Scope scope{{{"", "i", {Kind::kInt64}, false}}};
    if (check_.node().params.has("rate")) scope.entries.push_back({"", "due", {Kind::kTimestamp}, false});
    auto named = check_named(*given, scope, check_.report);
    if (!named) return std::nullopt;
    Schema schema;
    for (const auto& [name, expression] : *named)
      schema.fields.push_back({name, expression->type, expression->nullable});
    const bool typed = all_typed(*given, *named, check_.report);
    check_.node().params.set("fields", std::move(*named));
    if (!typed) return std::nullopt;
    return schema;
  }

  std::optional<Schema> declared() {
    refuse("fields", "belongs to generate", "use schema: {name: type} to say what the input holds");
    const bool known = read_format(fields_, check_.node().format, check_.node().format_params, check_.report);
    const Given* given = fields_.find("schema");
    const std::string& format = check_.node().format;
    if (given != nullptr) {
      auto schema = read_schema(*given, check_.node().format_params, check_.report);
      if (schema) check_one_field(*schema, *given);
      return schema;
    }
    if (!known) {
      if (fields_.find("format") == nullptr && fields_.complete)
        check_.report.error("missing_key", check_.checked.shape->key->place,
                            "the source '" + check_.node().name + "' needs 'format'",
                            "write format: json, csv, text or raw");
      return std::nullopt;
    }
    if (format == "text") return Schema{{{"line", {Kind::kString}, false}}};
    if (format == "raw") return Schema{{{"bytes", {Kind::kBytes}, false}}};
    if (fields_.complete)
      check_.report.error("missing_key", check_.checked.shape->key->place, "the format " + format + " needs 'schema'",
                          "write schema: {id: int64, name: string}");
    return std::nullopt;
  }

  /// text and raw fill one field of their own type.
  void check_one_field(const Schema& schema, const Given& given) {
    const std::string& format = check_.node().format;
    if (format != "text" && format != "raw") return;
    const Kind kind = format == "text" ? Kind::kString : Kind::kBytes;
    if (schema.size() == 1 && schema[0].type.kind == kind) return;
    check_.report.error("wrong_type", given.key->place,
                        "the format " + format + " fills one field of type " + std::string(record::to_string(kind)),
                        format == "text" ? "write schema: {line: string}, or leave it out"
                                         : "write schema: {bytes: bytes}, or leave it out");
  }

  void journal(const std::string& connector) {
    if (connector == "stdin" || connector == "tcp") {
      check_.node().params.set("journal", true);
      return;
    }
    const std::string why = connector == "file" ? "a file can be read again, so it needs no journal"
                                                : "generate makes the same rows again, so it needs no journal";
    refuse("journal", "is for sources that cannot be read twice: " + why, "remove it");
  }

  void time() {
    stream_.no_time_because = "the source '" + check_.node().name + "' declares no event_time";
    const Given* given = fields_.find("event_time");
    if (given == nullptr) return;
    stream_.event_time = true;  // Meant to be there: a fault in it makes no others downstream.
    if (stream_.schema && given->table() != nullptr)
      check_.node().event_time = read_event_time(*given->table(), *stream_.schema, check_.report);
  }

  NodeCheck& check_;
  const GivenTable& fields_;
  Stream stream_;
};

}  // namespace

Stream check_source(NodeCheck& check) { return SourceChecker(check).run(); }

}  // namespace penstock::topology
