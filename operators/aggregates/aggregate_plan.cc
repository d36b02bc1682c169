#include "operators/aggregates/aggregate_plan.h"

#include <algorithm>

namespace penstock::operators {

AggregatePlan AggregatePlan::of(const api::NodeSpec& spec) {
  AggregatePlan plan;
  plan.expressions = spec.node.params.get<std::shared_ptr<const topology::AggregateExpressions>>("aggregate");
  plan.keys = spec.node.key;
  for (const int key : plan.keys) plan.key_types.push_back((*spec.inputs[0])[key].type);
  plan.takes_back = spec.node.params.flag("retract_input");
  plan.gives_back = spec.node.params.flag("emit_retractions");
  plan.output = &spec.output();
  return plan;
}

Groups locate(api::StateTable& table, const record::Rows& rows, const std::vector<int>& keys,
              std::vector<api::Entry>& entries, std::vector<std::uint8_t>* inserted) {
  if (entries.size() < rows.count) entries.resize(rows.count);
  if (inserted != nullptr) inserted->resize(rows.count);
  std::uint8_t* made = inserted == nullptr ? nullptr : inserted->data();
  if (!keys.empty()) {
    table.find_or_insert(rows, keys, entries, made);
    return {entries.data(), nullptr};
  }
  record::Rows first = rows;
  first.count = 1;
  first.key_hash = nullptr;
  table.find_or_insert(first, keys, entries, made);
  if (inserted != nullptr) std::fill(inserted->begin() + 1, inserted->end(), std::uint8_t{0});
  return {entries.data(), entries[0].value};
}

}  // namespace penstock::operators
