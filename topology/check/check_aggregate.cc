#include <algorithm>

#include "topology/check/check_operator.h"
#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

using record::Schema;

/// `window:` into params. False: a fault, reported.
bool read_window(const GivenTable& given, NodeCheck& check) {
  const Given* sliding = given.find("sliding");
  const Given* every = given.find("every");
  if (every != nullptr && sliding == nullptr) {
    check.report.error("wrong_place", every->key->place, "'every' belongs to sliding windows",
                       "write {sliding: 10s, every: 2s}");
    return false;
  }
  if (sliding != nullptr && every == nullptr) {
    check.report.error("missing_key", sliding->key->place, "a sliding window needs 'every'",
                       "write {sliding: 10s, every: 2s}");
    return false;
  }
  auto window = std::make_shared<Params>();
  const std::int64_t size = given.get<std::int64_t>(sliding != nullptr ? "sliding" : "tumbling", 0);
  const std::int64_t step = every != nullptr ? given.get<std::int64_t>("every", 0) : size;
  if (size <= 0 || step <= 0) return false;
  if (step > size) {
    check.report.error("out_of_range", every->node->place,
                       "'every' is longer than the window, so rows between two windows would be lost",
                       "make it at most the length of the window");
    return false;
  }
  constexpr std::int64_t kLongest = std::int64_t{400} * 365 * 86'400 * 1'000'000;
  if (size > kLongest || size / step > 100'000) {
    check.report.error("out_of_range", (every != nullptr ? every : given.find("tumbling"))->node->place,
                       size > kLongest ? "a window of over 400 years" : "over 100,000 windows would overlap",
                       "choose fewer or shorter windows");
    return false;
  }
  window->set("type", std::string(sliding != nullptr ? "sliding" : "tumbling"));
  window->set("size", size);
  window->set("every", step);
  window->set("time", given.text("time", "event"));
  check.node().params.set("window", std::shared_ptr<const Params>(std::move(window)));
  return true;
}

/// Keys are compared and hashed as single values.
bool keys_allowed(const Given& key_by, NodeCheck& check) {
  for (const int key : check.node().key) {
    const record::Field& field = check.input()[key];
    if (field.type.kind != record::Kind::kList) continue;
    check.report.error("wrong_type", key_by.node->place, "the list '" + field.name + "' cannot be a key",
                       "take it apart with flat_map before, or key by one of its elements");
    return false;
  }
  return true;
}

/// A window by event time needs a stream that has it; the message names both ways out.
void check_time(const Given& window, NodeCheck& check) {
  if (window.table()->text("time", "event") != "event" || check.checked.input.event_time) return;
  check.report.error(
      "no_event_time", window.key->place,
      "a window over rows without event time: " + check.checked.input.no_time_because,
      "declare event_time: {field: ...} at the source, or go by arrival: window: {..., time: processing}");
}

std::string read_emit(NodeCheck& check) {
  const Given* emit = check.fields().find("emit");
  if (emit == nullptr || emit->faulty) return "update";
  if (const auto* word = emit->as<std::string>()) return *word;
  check.node().params.set("emit_every", emit->table()->get<std::int64_t>("every", 1'000'000));
  return "every";
}

std::optional<Schema> output_schema(const AggregateExpressions& aggregate, NodeCheck& check) {
  Schema schema;
  for (const int key : check.node().key) schema.fields.push_back(check.input()[key]);
  const auto& entries = check.verb().node->entries;
  bool good = true;
  for (std::size_t i = 0; i < aggregate.outputs.size(); ++i) {
    const auto& output = aggregate.outputs[i];
    if (schema.index_of(output.name)) {
      good = false;
      check.report.error("duplicate_field", entries[i].key.place,
                         "'" + output.name + "' is already a field of the result: key fields come first",
                         "leave it out, or give it another name");
    }
    schema.fields.push_back({output.name, output.expression->type, output.expression->nullable});
  }
  if (!good) return std::nullopt;
  return schema;
}

/// The typed outputs, or nullptr (reported).
std::shared_ptr<const AggregateExpressions> read_outputs(bool windowed, NodeCheck& check) {
  const Given& verb = check.verb();
  std::vector<NamedText> texts;
  std::vector<const YamlNode*> nodes;
  bool good = !verb.faulty;
  for (const YamlEntry& entry : verb.node->entries) {
    if (!entry.key.is_scalar() || !entry.value.is_scalar()) continue;
    good = check_field_name(entry.key, check.report) && good;
    texts.push_back({entry.key.text, entry.value.text});
    nodes.push_back(&entry.value);
  }
  auto checked = check_aggregates(texts, check.input(), check.node().key, windowed, check.checked.input.updates);
  if (auto* faults = std::get_if<std::vector<NamedFault>>(&checked)) {
    for (const NamedFault& fault : *faults) report_fault(fault.fault, *nodes[fault.output], check.report);
    return nullptr;
  }
  if (!good) return nullptr;
  return std::make_shared<AggregateExpressions>(std::get<AggregateExpressions>(std::move(checked)));
}

}  // namespace

Stream check_aggregate(NodeCheck& check) {
  Stream out = check.checked.input;
  out.schema.reset();
  const Given* key_by = check.fields().find("key_by");
  bool keys_known = true;
  if (key_by != nullptr) {
    check.node().key = read_fields(*key_by, check.input(), check.report);
    keys_known = !check.node().key.empty() && keys_allowed(*key_by, check);
  } else {
    check.checked.single_because = "an aggregate without key_by is one group";
  }
  const Given* window = check.fields().find("window");
  const bool windowed = window != nullptr;
  const bool window_known = windowed && window->table() != nullptr && read_window(*window->table(), check);
  if (window_known) check_time(*window, check);
  if (windowed && check.fields().find("emit") != nullptr) {
    check.report.error("wrong_place", check.fields().find("emit")->key->place,
                       "'emit' belongs to aggregates without window; a window gives its rows when it ends",
                       "remove it");
  }
  auto outputs = keys_known ? read_outputs(windowed, check) : nullptr;
  if (outputs == nullptr) return out;
  out.schema = output_schema(*outputs, check);
  check.node().params.set("aggregate", std::move(outputs));
  check.node().params.set("retract_input", check.checked.input.updates);
  const std::string emit = windowed ? "end" : read_emit(check);
  if (!windowed) check.node().params.set("emit", emit);
  out.updates = !windowed && emit != "end";
  const bool by_event = !windowed || (window_known && window->table()->text("time", "event") == "event");
  if (!by_event || (!windowed && emit != "update")) {
    out.event_time = false;
    out.no_time_because = windowed ? "'" + check.node().name + "' has windows by time of arrival"
                                   : "'" + check.node().name + "' gives its rows by the clock (emit)";
  }
  if (windowed && !window_known) out.event_time = true;
  return out;
}

}  // namespace penstock::topology
