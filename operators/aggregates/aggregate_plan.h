/// What the factories of all aggregating operators read from a node: its expressions, keys and key types.
#pragma once

#include <memory>
#include <vector>

#include "operators/aggregates/aggregate.h"
#include "runtime/api/context.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

struct AggregatePlan {
  std::shared_ptr<const topology::AggregateExpressions> expressions;
  std::vector<int> keys;  ///< Input fields.
  std::vector<record::Type> key_types;
  bool takes_back = false;  ///< The input has updates.
  bool gives_back = false;  ///< Some consumer wants the old row before an update.
  const record::Schema* output = nullptr;

  static AggregatePlan of(const api::NodeSpec& spec);
};

/// Finds or makes the groups of a run: one entry per row, or (without keys) one group for all. `entries` is the
/// caller's scratch; `inserted`, when given, gets 1 for rows that made their group.
Groups locate(api::StateTable& table, const record::Rows& rows, const std::vector<int>& keys,
              std::vector<api::Entry>& entries, std::vector<std::uint8_t>* inserted = nullptr);

}  // namespace penstock::operators
