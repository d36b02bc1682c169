#include <algorithm>
#include <map>

#include "topology/check/shape.h"
#include "topology/language/read_table.h"
#include "topology/plan_text.h"

namespace penstock::topology {
namespace {

constexpr std::size_t kLongestName = 64;

bool is_word(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

const char* word_for(NodeKind kind) {
  switch (kind) {
    case NodeKind::kSource:
      return "a source";
    case NodeKind::kOperator:
      return "an operator";
    case NodeKind::kSink:
      return "a sink";
  }
  return "a node";
}

class ShapeReader {
 public:
  ShapeReader(const YamlNode& root, Report& report) : root_(root), report_(report) {}

  Shape read() {
    const GivenTable top = read_table(root_, topology_fields(), {0, 1}, "the topology", report_);
    read_head(top);
    read_tables(top.find("tables"));
    read_nodes(top.find("sources"), NodeKind::kSource, source_fields());
    read_nodes(top.find("operators"), NodeKind::kOperator, operator_fields());
    read_nodes(top.find("sinks"), NodeKind::kSink, sink_fields());
    read_placement(top.find("placement"));
    return std::move(shape_);
  }

 private:
  void read_head(const GivenTable& top) {
    shape_.name = top.text("name");
    const Given* name = top.find("name");
    if (name != nullptr && !name->faulty && !is_word(shape_.name)) {
      report_.error("bad_name", name->node->place, "a topology's name has 1 to 64 letters, digits, _ and -");
    }
    const Given* version = top.find("penstock");
    if (version != nullptr && !root_.entries.empty() && root_.entries[0].key.text != "penstock") {
      report_.error("version_not_first", version->key->place, "'penstock' is the first key of a topology",
                    "move this line to the top");
    }
    shape_.parallelism = static_cast<int>(top.get<std::int64_t>("parallelism", 1));
    shape_.delivery = delivery_of(top);
    if (shape_.delivery) shape_.delivery_node = top.find("delivery")->node;
    const Given* checkpoint = top.find("checkpoint");
    if (checkpoint != nullptr && checkpoint->table() != nullptr) read_checkpoint(*checkpoint->table());
  }

  void read_checkpoint(const GivenTable& given) {
    shape_.checkpoint_every = given.get<std::int64_t>("every", shape_.checkpoint_every);
    shape_.checkpoint_keep = static_cast<int>(given.get<std::int64_t>("keep", shape_.checkpoint_keep));
    const Given* store = given.find("store");
    if (store == nullptr || store->faulty) return;
    shape_.checkpoint_store = given.text("store");
    constexpr std::string_view kFiles = "file:///";
    if (shape_.checkpoint_store.starts_with(kFiles) && shape_.checkpoint_store.size() > kFiles.size()) return;
    const bool path = shape_.checkpoint_store.starts_with('/') && !store->node->from_variable;
    report_.error("bad_store", store->node->place,
                  store->node->hidden("checkpoints cannot be kept in '" + shape_.checkpoint_store + "'"),
                  path ? "write file://" + shape_.checkpoint_store
                       : "name a directory by its whole path: file:///var/lib/penstock/checkpoints");
  }

  void read_tables(const Given* given) {
    if (given == nullptr || given->faulty) return;
    for (const YamlEntry& entry : given->node->entries) {
      if (!named(entry, "a table")) continue;
      TableShape table;
      table.name = entry.key.text;
      table.key = &entry.key;
      table.fields =
          read_table(entry.value, table_fields(), entry.key.place, "the table '" + table.name + "'", report_);
      if (verb_of(table.fields, entry.key, "the table '" + table.name + "'") == nullptr) table.fields.complete = false;
      shape_.tables.push_back(std::move(table));
    }
  }

  void read_nodes(const Given* given, NodeKind kind, const FieldTable& rules) {
    if (given != nullptr && given->faulty) shape_.nodes_missing = true;
    if (given == nullptr || given->faulty) return;
    if (given->node->entries.empty() && kind != NodeKind::kOperator) {
      report_.error(
          "missing_value", given->key->place,
          std::string("a topology needs at least ") + (kind == NodeKind::kSource ? "one source" : "one sink"));
    }
    for (const YamlEntry& entry : given->node->entries) {
      if (!named(entry, word_for(kind))) continue;
      if (shape_.nodes.size() >= kMostTopologyNodes) {
        shape_.nodes_missing = true;
        return report_.error("out_of_range", entry.key.place, "a topology has at most 1,000 nodes");
      }
      NodeShape node;
      node.name = entry.key.text;
      node.kind = kind;
      node.key = &entry.key;
      const std::string what = "the " + to_string(kind) + " '" + node.name + "'";
      node.fields = read_table(entry.value, rules, entry.key.place, what, report_);
      node.verb = entry.value.is_faulty() ? nullptr : verb_of(node.fields, entry.key, what);
      read_from(node);
      shape_.nodes.push_back(std::move(node));
    }
  }

  void read_from(NodeShape& node) {
    const Given* from = node.fields.find("from");
    if (from == nullptr || from->faulty) return;
    if (from->node->is_scalar()) node.from.push_back(from->node);
    for (const YamlNode& item : from->node->items) node.from.push_back(&item);
  }

  bool named(const YamlEntry& entry, const std::string& what) {
    if (entry.key.is_faulty()) {
      shape_.nodes_missing = true;
      return false;
    }
    const std::string& name = entry.key.text;
    if (!is_word(name)) {
      report_.error("bad_name", entry.key.place, "the name of " + what + " has 1 to 64 letters, digits, _ and -",
                    name.find('.') != std::string::npos ? "a dot names a stream of a node, as in NODE.errors" : "");
    }
    const auto [first, is_new] = names_.emplace(name, &entry.key);
    if (is_new) return true;
    const int line = report_.source().line_at(first->second->place.begin);
    report_.error("duplicate_name", entry.key.place,
                  "'" + name + "' is already the name of a node, in line " + std::to_string(line),
                  "give one of them another name");
    return false;
  }

  /// The one verb that stands in a node.
  const Given* verb_of(GivenTable& fields, const YamlNode& key, const std::string& what) {
    std::vector<const Given*> verbs;
    for (const FieldRule& rule : fields.rules->fields)
      if (rule.verb && fields.find(rule.name) != nullptr) verbs.push_back(fields.find(rule.name));
    if (verbs.size() > 1) {
      const auto companion = std::remove_if(verbs.begin(), verbs.end(), [&](const Given* given) {
        return given->rule->beside_verb && (fields.find("lookup") != nullptr || fields.find("call") != nullptr);
      });
      verbs.erase(companion, verbs.end());
    }
    if (verbs.size() == 1) return verbs[0];
    const bool connector = fields.rules != &operator_fields();
    if (verbs.empty()) {
      if (!fields.complete) return nullptr;  // An unknown key may be what was meant.
      report_.error("missing_verb", key.place, what + (connector ? " has no connector" : " has no verb"),
                    verb_list(*fields.rules));
      return nullptr;
    }
    std::sort(verbs.begin(), verbs.end(),
              [](const Given* a, const Given* b) { return a->key->place.begin < b->key->place.begin; });
    report_.error(
        "two_verbs", verbs[1]->key->place,
        what + " has both '" + std::string(verbs[0]->rule->name) + "' and '" + std::string(verbs[1]->rule->name) + "'",
        connector ? "keep one connector" : "make it two operators, the second with from: " + key.text);
    fields.complete = false;
    return nullptr;
  }

  static std::string verb_list(const FieldTable& rules) {
    std::string list;
    for (const FieldRule& rule : rules.fields)
      if (rule.verb && rule.not_yet.empty()) list += (list.empty() ? "write one of: " : ", ") + std::string(rule.name);
    return list;
  }

  void read_placement(const Given* given) {
    if (given == nullptr || given->faulty) return;
    for (const YamlEntry& entry : given->node->entries) {
      if (entry.key.is_faulty()) continue;
      const GivenTable fields = read_table(entry.value, placement_fields(), entry.key.place,
                                           "the placement of '" + entry.key.text + "'", report_);
      shape_.placement.push_back({&entry.key, placement_of(fields)});
    }
  }

  static PlanPlacement placement_of(const GivenTable& fields) {
    PlanPlacement placement;
    if (const Given* workers = fields.find("workers"); workers != nullptr && !workers->faulty) {
      if (workers->node->is_scalar()) placement.workers.push_back(workers->node->text);
      for (const YamlNode& item : workers->node->items) placement.workers.push_back(item.text);
    }
    if (const Given* labels = fields.find("label"); labels != nullptr && !labels->faulty)
      for (const YamlEntry& label : labels->node->entries)
        placement.labels.emplace_back(label.key.text, label.value.text);
    return placement;
  }

  const YamlNode& root_;
  Report& report_;
  Shape shape_;
  std::map<std::string, const YamlNode*> names_;
};

}  // namespace

std::optional<Delivery> delivery_of(const GivenTable& fields) {
  const std::string word = fields.text("delivery");
  if (word == "exactly_once") return Delivery::kExactlyOnce;
  if (word == "at_least_once") return Delivery::kAtLeastOnce;
  if (word == "at_most_once") return Delivery::kAtMostOnce;
  return std::nullopt;
}

Shape read_shape(const YamlNode& root, Report& report) { return ShapeReader(root, report).read(); }

}  // namespace penstock::topology
