#include "topology/planner/reads.h"

#include <algorithm>

namespace penstock::topology {
namespace {

using record::Schema;

class Reads {
 public:
  explicit Reads(int inputs) : fields_(static_cast<std::size_t>(inputs), false) {}

  void add(int field) {
    if (field >= 0 && static_cast<std::size_t>(field) < fields_.size()) fields_[static_cast<std::size_t>(field)] = true;
  }
  /// Fields of a looked-up table lie behind those of the input and are not read from it.
  void add(const ExprPtr& expression) {
    if (expression == nullptr) return;
    for (const int field : fields_read(*expression)) add(field);
  }
  void add_named(const Schema& input, const record::Field& field) {
    if (const auto index = input.index_of(field.name)) add(*index);
  }
  std::vector<bool> take() { return std::move(fields_); }

 private:
  std::vector<bool> fields_;
};

/// The list that makes rows of fields: `fields` of map, add and flat_map, `add` of lookup.
NamedExprs made_fields(const PlanNode& node) {
  return node.params.get<NamedExprs>(node.verb == "lookup" ? "add" : "fields");
}

void read_aggregate(const PlanNode& node, Reads& reads) {
  for (const int key : node.key) reads.add(key);
  const auto aggregate = node.params.get<std::shared_ptr<const AggregateExpressions>>("aggregate");
  for (const AggregateCall& call : aggregate->calls) {
    for (const ExprPtr& arg : call.args) reads.add(arg);
    reads.add(call.filter);
  }
}

/// map, add, flat_map and lookup: expressions for what is wanted, and (but for map) fields that pass through.
void read_made(const CheckedNode& checked, const Demand& main, Reads& reads) {
  const NamedExprs made = made_fields(checked.node);
  const Schema& input = *checked.input.schema;
  if (checked.node.verb == "map") {
    for (std::size_t i = 0; i < made.size(); ++i)
      if (main.fields[i]) reads.add(made[i].second);
    return;
  }
  if (checked.node.verb == "lookup")
    for (const int key : checked.node.key) reads.add(key);
  std::vector<bool> replaced(input.fields.size(), false);
  std::size_t appended = input.fields.size();
  for (const auto& [name, expression] : made) {
    const auto at = input.index_of(name);
    const std::size_t output = at ? static_cast<std::size_t>(*at) : appended++;
    if (at) replaced[output] = true;
    if (main.fields[output]) reads.add(expression);
  }
  for (std::size_t i = 0; i < replaced.size(); ++i)
    if (!replaced[i] && main.fields[i]) reads.add(static_cast<int>(i));
}

}  // namespace

std::vector<bool> fields_needed(const CheckedNode& checked, const std::map<int, Demand>& outputs) {
  const PlanNode& node = checked.node;
  const Schema& input = *checked.input.schema;
  if (node.kind == NodeKind::kSink) return std::vector<bool>(input.fields.size(), true);
  Reads reads(input.size());
  if (node.verb == "map" || node.verb == "add" || node.verb == "flat_map" || node.verb == "lookup") {
    read_made(checked, outputs.at(kMainPort), reads);
    return reads.take();
  }
  if (node.verb == "aggregate") read_aggregate(node, reads);
  if (node.verb == "filter") reads.add(node.params.expression("condition"));
  for (const auto& [name, condition] : node.params.get<NamedExprs>("routes")) reads.add(condition);
  const auto dropped = node.params.get<std::vector<std::string>>("fields");
  for (const auto& [port, demand] : outputs) {
    const bool passes = port != kErrorsPort && !(node.verb == "aggregate" && port == kMainPort) &&
                        !(node.verb == "split" && port == kMainPort);
    if (!passes) continue;
    int output = 0;
    for (int i = 0; i < input.size(); ++i) {
      if (std::find(dropped.begin(), dropped.end(), input[i].name) != dropped.end()) continue;
      if (demand.fields[static_cast<std::size_t>(output++)]) reads.add(i);
    }
  }
  return reads.take();
}

void add_own_needs(const PlanNode& node, const Schema& output, std::vector<bool>& fields) {
  if (node.verb == "aggregate") {
    fields.assign(fields.size(), true);
    return;
  }
  const bool makes = node.verb == "map" || node.verb == "add" || node.verb == "flat_map" || node.verb == "lookup" ||
                     node.verb == "generate";
  if (!makes) return;
  for (const auto& [name, expression] : made_fields(node)) {
    const bool wanted = node.verb == "flat_map" || !cannot_fail(*expression);
    if (wanted) fields[static_cast<std::size_t>(*output.index_of(name))] = true;
  }
}

}  // namespace penstock::topology
