/// What is known of a stream of rows while a topology is checked.
#pragma once

#include <optional>
#include <string>

#include "runtime/record/schema.h"
#include "topology/check/shape.h"

namespace penstock::topology {

struct Stream {
  std::optional<record::Schema> schema;  ///< nullopt: a fault upstream (reported there) leaves it unknown.
  bool event_time = false;
  std::string no_time_because;  ///< Without event time: who has none, for the message about a window.
  bool updates = false;         ///< A row may replace an earlier one.
  bool endless = false;
};

struct CheckedTable {
  PlanTable table;
  const TableShape* shape = nullptr;
  bool usable = false;
};

/// A node while it is checked. `node.params` and expressions are over whole (not yet pruned) schemas.
struct CheckedNode {
  PlanNode node;
  const NodeShape* shape = nullptr;
  Stream input;  ///< All of them merged.
  bool parallelism_given = false;
  std::string single_because;  ///< Not empty: this node runs at parallelism 1, for this reason.
};

struct NodeCheck {
  CheckedNode& checked;
  const std::vector<CheckedTable>& tables;
  Report& report;

  PlanNode& node() { return checked.node; }
  const GivenTable& fields() const { return checked.shape->fields; }
  const Given& verb() const { return *checked.shape->verb; }
  const record::Schema& input() const { return *checked.input.schema; }  ///< Only when known.
};

/// Checks a node against what flows in and fills params, format, keys. The result is its main stream (for `split` that
/// of each route). The schema is unknown where a fault hides it.
Stream check_source(NodeCheck& check);
Stream check_operator(NodeCheck& check);
void check_sink(NodeCheck& check);
std::vector<CheckedTable> check_tables(const Shape& shape, Report& report);

}  // namespace penstock::topology
