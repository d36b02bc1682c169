/// The way of a run into the panes of a window: late rows out, arguments evaluated, groups found, aggregates updated
/// once per row, whatever the number of windows. The part that tumbling and sliding windows share. THREAD: the
/// operator's.
#pragma once

#include <optional>
#include <vector>

#include "operators/aggregates/aggregate_plan.h"
#include "operators/aggregates/group_aggregates.h"
#include "operators/runs/column_choice.h"
#include "operators/windows/row_router.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

struct WindowPlan {
  AggregatePlan aggregate;
  WindowGrid grid;
  bool by_arrival = false;  ///< Processing time.
};

class WindowInput {
 public:
  WindowInput(const WindowPlan& plan, GroupAggregates aggregates, const api::NodeSpec& spec);

  /// With the panes that the checkpoint holds.
  base::Result<void> open(api::Context& context);
  void take(const record::Rows& rows, api::Context& context);

  GroupAggregates& aggregates() { return aggregates_; }
  PaneList& panes() { return *panes_; }
  const PaneList& panes() const { return *panes_; }
  RowRouter& router() { return router_; }
  /// For groups that are made of others.
  std::unique_ptr<api::StateTable> make_derived_table(api::Context& context) const;

 private:
  api::TableSpec table_spec(std::string name) const;
  const record::Rows& without_late(const record::Rows& rows, api::Context& context);
  Groups find_groups(const record::Rows& rows, api::Context& context);
  void find_groups_of(Pane& pane, const record::Rows& rows);

  std::vector<int> keys_;
  std::vector<record::Type> key_types_;
  bool by_arrival_;
  GroupAggregates aggregates_;
  RowRouter router_;
  std::optional<PaneList> panes_;
  std::optional<ColumnChoice> late_choice_;  ///< Set where somebody may read NODE.late.

  std::vector<Pane*> touched_;
  std::vector<api::Entry> entries_, part_;
  Subset subset_, part_subset_, late_subset_;
  record::Rows on_time_, late_;
};

}  // namespace penstock::operators
