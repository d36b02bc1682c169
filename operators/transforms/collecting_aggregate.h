/// `aggregate` without a window that emits groups, not rows: `emit: end` once at the end of the input, `emit: {every:
/// d}` the groups that changed, by wall time. A result's event time is the watermark when it is made, or the latest
/// event time seen where that is later, so that no output watermark needs to be held back. THREAD: the operator's.
#pragma once

#include <memory>
#include <vector>

#include "operators/aggregates/aggregate_plan.h"
#include "operators/aggregates/group_aggregates.h"
#include "operators/aggregates/result_emitter.h"
#include "operators/aggregates/result_rows.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

class CollectingAggregate final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  base::Result<void> open(api::Context& context) override;
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;
  api::Step resume(api::Context& context) override;
  api::Step on_watermark(base::Micros watermark, api::Context& context) override;
  api::Step on_timer(api::Context& context) override;
  api::Step flush(api::Context& context) override;
  void save(api::SavedParts& parts) override;

 private:
  /// What a group's value bytes begin with.
  struct Head {
    std::int64_t rows;      ///< Kept where the input takes rows back.
    std::uint32_t changed;  ///< It is in changed_.
    std::uint32_t emitted;
  };
  CollectingAggregate(AggregatePlan plan, GroupAggregates aggregates, ResultEmitter emitter, base::Micros every)
      : plan_(std::move(plan)), aggregates_(std::move(aggregates)), emitter_(std::move(emitter)), every_(every) {}

  static Head& head(const api::Entry& entry) { return *reinterpret_cast<Head*>(entry.value); }
  api::ValueHooks hooks() const;
  void restore(const api::Restored& restored, api::Context& context);
  bool find_changed();
  bool keeps_old() const { return every_ > 0 && (plan_.gives_back || plan_.takes_back); }
  api::Entry old_side(const api::Entry& entry) const;
  void note_change(const record::Rows& rows, std::uint32_t row, const Groups& groups);
  void make_group_of_nothing();
  api::Step emit_all(api::Context& context);
  api::Step emit_changed(api::Context& context);
  void add_sides(const api::Entry& entry);
  void emit_sides(api::Context& context);
  void settle();

  AggregatePlan plan_;
  GroupAggregates aggregates_;
  ResultEmitter emitter_;
  base::Micros every_;  ///< 0: at the end.
  std::unique_ptr<api::StateTable> table_;

  std::vector<api::Entry> entries_;
  std::vector<api::Entry> changed_;  ///< Groups that changed since they were emitted.
  std::size_t next_changed_ = 0;
  std::size_t settled_ = 0;  ///< Groups of changed_ whose old side is up to date.
  std::size_t cursor_ = 0;
  bool flushing_ = false, emitting_ = false;
  bool changes_restored_ = false;  ///< Groups of the checkpoint may be missing in changed_.
  bool finding_ = false;           ///< Them, from cursor_ on.
  std::vector<api::Entry> sides_;
  std::vector<record::Change> change_;
  base::Micros due_ = base::kEndOfTime;
  base::Micros time_ = base::kNoTime;
};

}  // namespace penstock::operators
