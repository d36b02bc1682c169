#include "operators/windows/window_input.h"

#include <utility>

namespace penstock::operators {
namespace {
constexpr char kPanes[] = "panes";
}

WindowInput::WindowInput(const WindowPlan& plan, GroupAggregates aggregates, const api::NodeSpec& spec)
    : keys_(plan.aggregate.keys),
      key_types_(plan.aggregate.key_types),
      by_arrival_(plan.by_arrival),
      aggregates_(std::move(aggregates)),
      router_(plan.grid) {
  for (const topology::PlanPort& port : spec.node.ports)
    if (port.port == topology::kLatePort) late_choice_.emplace(*spec.inputs[0], port.schema);
}

api::TableSpec WindowInput::table_spec(std::string name) const {
  return {std::move(name), key_types_, aggregates_.end_byte(), aggregates_.hooks()};
}

std::unique_ptr<api::StateTable> WindowInput::make_derived_table(api::Context& context) const {
  api::TableSpec spec = table_spec("content");
  spec.durable = false;
  return context.state().make_table(std::move(spec));
}

base::Result<void> WindowInput::open(api::Context& context) {
  panes_.emplace([this, &context] { return context.state().make_table(table_spec(kPanes)); },
                 [&context](std::string_view space) { context.state().forget_space(kPanes, space); });
  if (context.restored() == nullptr) return {};
  aggregates_.expect_restored();
  for (const std::string& space : context.state().restored_spaces(kPanes))
    if (!panes_->restore(space))
      return base::fail("state_damaged", "saved state holds a window's slice named `" + space + "`", {},
                        base::Origin::kEnvironment);
  return {};
}

const record::Rows& WindowInput::without_late(const record::Rows& rows, api::Context& context) {
  if (by_arrival_ || !router_.sort_out(rows)) return rows;
  context.counters().late.add(router_.late().size());
  context.counters().dropped.add(router_.between_windows());
  if (late_choice_ && !router_.late().empty() && context.wanted(topology::kLatePort)) {
    late_ = late_choice_->apply(late_subset_.keep(rows, router_.late()));
    context.emit(topology::kLatePort, late_);
  }
  return on_time_ = subset_.keep(rows, router_.kept());
}

void WindowInput::take(const record::Rows& input, api::Context& context) {
  const record::Rows& on_time = without_late(input, context);
  if (on_time.count == 0) return;
  const record::Rows& rows = aggregates_.prepare(on_time, context);
  if (rows.count == 0) return;
  const auto taken = aggregates_.update(find_groups(rows, context), context);
  context.counters().absorbed.add(taken.all ? rows.count : taken.rows.size());
}

Groups WindowInput::find_groups(const record::Rows& rows, api::Context& context) {
  Pane* only = by_arrival_ ? &router_.route_at(context.now(), *panes_) : router_.route(rows, *panes_, touched_);
  if (only != nullptr) {
    only->rows.clear();
    return locate(*only->table, rows, keys_, entries_);
  }
  if (entries_.size() < rows.count) entries_.resize(rows.count);
  for (Pane* pane : touched_) find_groups_of(*pane, rows);
  return {entries_.data(), nullptr};
}

void WindowInput::find_groups_of(Pane& pane, const record::Rows& rows) {
  const record::Rows part = part_subset_.keep(rows, pane.rows);
  const Groups groups = locate(*pane.table, part, keys_, part_);
  for (std::size_t i = 0; i < pane.rows.size(); ++i)
    entries_[pane.rows[i]] = groups.single != nullptr ? part_[0] : part_[i];
  pane.rows.clear();
}

}  // namespace penstock::operators
