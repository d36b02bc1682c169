#include "operators/aggregates/group_aggregates.h"

#include <utility>

#include "operators/aggregates/count_and_sum.h"
#include "operators/aggregates/make_aggregate.h"
#include "operators/runs/faults.h"
#include "topology/expression/functions.h"

namespace penstock::operators {

using topology::ExprPtr;

namespace {
constexpr char kValueVersion = 1;
}

base::Result<GroupAggregates> GroupAggregates::make(const topology::AggregateExpressions& expressions,
                                                    std::vector<int> calls, bool takes_back, std::size_t first_byte,
                                                    bool count_rows) {
  GroupAggregates all_calls;
  all_calls.first_byte_ = all_calls.end_byte_ = first_byte;
  std::vector<ExprPtr> computed, all;
  for (const int call : calls) {
    auto added = all_calls.add_call(expressions.calls[static_cast<std::size_t>(call)], takes_back, computed, all);
    if (!added) return tl::unexpected(added.error());
  }
  if (count_rows) all_calls.count_rows(expressions, calls);
  auto compiled = all_calls.compile(computed, all);
  if (!compiled) return tl::unexpected(compiled.error());
  return all_calls;
}

void GroupAggregates::count_rows(const topology::AggregateExpressions& expressions, const std::vector<int>& calls) {
  rows_byte_ = 0;
  std::size_t byte = end_byte_;
  for (std::size_t i = calls.size(); i-- > 0;) {
    byte -= aggregates_[i]->bytes();
    const topology::AggregateCall& call = expressions.calls[static_cast<std::size_t>(calls[i])];
    if (call.function->name != "count" || !call.args.empty() || call.filter != nullptr) continue;
    rows_byte_ = byte;
    return;
  }
  rows_byte_ = end_byte_;
  aggregates_.push_back(std::make_shared<AggregateOf<CountRows>>());
  aggregates_.back()->place(end_byte_);
  end_byte_ += aggregates_.back()->bytes();
  calls_.emplace_back().text = "count(*)";
}

base::Result<void> GroupAggregates::add_call(const topology::AggregateCall& call, bool takes_back,
                                             std::vector<ExprPtr>& computed, std::vector<ExprPtr>& all) {
  auto aggregate = make_aggregate(call, takes_back);
  if (!aggregate) return tl::unexpected(aggregate.error());
  (*aggregate)->place(end_byte_);
  end_byte_ += (*aggregate)->bytes();
  aggregates_.push_back(std::move(*aggregate));
  const auto argument = [&](const ExprPtr& expression) {
    Argument made;
    made.in_all = static_cast<int>(all.size());
    all.push_back(expression);
    if (expression->op == topology::Expr::Op::kField) {
      made.field = expression->field;
    } else {
      made.computed = static_cast<int>(computed.size());
      computed.push_back(expression);
    }
    return made;
  };
  Call& added = calls_.emplace_back();
  added.text = call.text;
  added.has_x = !call.args.empty();
  added.has_y = call.args.size() > 1 && call.args[1]->op != topology::Expr::Op::kLiteral;
  added.has_where = call.filter != nullptr;
  if (added.has_x) added.x = argument(call.args[0]);
  if (added.has_y) added.y = argument(call.args[1]);
  if (added.has_where) added.where = argument(call.filter);
  return {};
}

base::Result<void> GroupAggregates::compile(std::span<const ExprPtr> computed, std::span<const ExprPtr> all) {
  const auto compile_into = [](std::span<const ExprPtr> outputs, std::optional<expression::Program>& program) {
    if (outputs.empty()) return base::Result<void>();
    auto compiled = expression::Program::compile(outputs);
    if (!compiled) return base::Result<void>(tl::unexpected(compiled.error()));
    program.emplace(std::move(*compiled));
    return base::Result<void>();
  };
  auto done = compile_into(computed, computed_);
  return done ? compile_into(all, all_) : done;
}

bool GroupAggregates::owns_memory() const {
  bool any = false;
  for (const auto& aggregate : aggregates_) any |= aggregate->owns_memory();
  return any;
}

void GroupAggregates::destroy(std::byte* value) const {
  for (const auto& aggregate : aggregates_)
    if (aggregate->owns_memory()) aggregate->destroy(value);
}

/// Values without memory of their own are saved as they are. The others: a version, the caller's bytes, each aggregate.
api::ValueHooks GroupAggregates::hooks() const {
  if (!owns_memory()) return {};
  api::ValueHooks hooks;
  hooks.destroy = [aggregates = aggregates_](std::byte* value) {
    for (const auto& aggregate : aggregates)
      if (aggregate->owns_memory()) aggregate->destroy(value);
  };
  hooks.save = [aggregates = aggregates_, first = first_byte_](const std::byte* value, std::string& out) {
    SavedWriter writer(out);
    writer.raw(&kValueVersion, 1);
    writer.raw(value, first);
    for (const auto& aggregate : aggregates) aggregate->save(value, writer);
  };
  hooks.load = [aggregates = aggregates_, first = first_byte_](std::string_view bytes, std::byte* value) {
    SavedReader reader(bytes);
    char version = 0;
    if (!reader.raw(&version, 1) || version != kValueVersion || !reader.raw(value, first)) return false;
    for (const auto& aggregate : aggregates)
      if (!aggregate->load(reader, value)) return false;
    return reader.done();
  };
  return hooks;
}

void GroupAggregates::expect_restored() {
  for (const auto& aggregate : aggregates_) aggregate->expect_restored();
}

std::span<const expression::RowFault> GroupAggregates::evaluate(base::Micros now) {
  auto& program = rows_.selection == nullptr ? computed_ : all_;
  if (!program) return {};
  outputs_ = program->run(rows_, now);
  return program->faults();
}

const record::Column* GroupAggregates::column(const Argument& argument) const {
  if (rows_.selection != nullptr) return &outputs_[static_cast<std::size_t>(argument.in_all)];
  if (argument.field >= 0) return &rows_.columns[static_cast<std::size_t>(argument.field)];
  return &outputs_[static_cast<std::size_t>(argument.computed)];
}

const record::Rows& GroupAggregates::prepare(const record::Rows& rows, api::Context& context) {
  rows_ = rows;
  const auto faults = evaluate(context.now());
  if (!faults.empty()) {
    report(faults, rows_, context);
    rows_ = subset_.without(rows, faults);
    evaluate(context.now());  // What is left does not fail.
  }
  runs_.resize(calls_.size());
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    runs_[i] = {};
    runs_[i].count = rows_.count;
    runs_[i].rows = &rows_;
    if (calls_[i].has_x) runs_[i].x = column(calls_[i].x);
    if (calls_[i].has_y) runs_[i].y = column(calls_[i].y);
    if (calls_[i].has_where) runs_[i].where = column(calls_[i].where);
  }
  return rows_;
}

bool GroupAggregates::refuse_overflow(std::uint32_t row, api::Context& context) {
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    if (!aggregates_[i]->overflows(runs_[i])) continue;
    context.row_failed(rows_, row, "overflow", calls_[i].text + " would leave its range with this row");
    return true;
  }
  return false;
}

template <class Apply>
GroupAggregates::Taken GroupAggregates::apply(const Groups& groups, api::Context& context, Apply&& apply_one) {
  bool safe = true;
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    runs_[i].groups = groups;
    safe &= aggregates_[i]->is_safe(runs_[i]);
  }
  if (!safe) return apply_one_by_one(context, apply_one);
  for (std::size_t i = 0; i < aggregates_.size(); ++i) apply_one(i);
  return {};
}

template <class Apply>
GroupAggregates::Taken GroupAggregates::apply_one_by_one(api::Context& context, Apply&& apply_one) {
  taken_.clear();
  for (std::uint32_t row = 0; row < rows_.count; ++row) {
    for (AggregateRun& run : runs_) {
      run.count = 1;
      run.picked = &row;
    }
    if (refuse_overflow(row, context)) continue;
    for (std::size_t i = 0; i < aggregates_.size(); ++i) apply_one(i);
    taken_.push_back(row);
  }
  return {taken_.size() == rows_.count, taken_};
}

GroupAggregates::Taken GroupAggregates::update(const Groups& groups, api::Context& context) {
  return apply(groups, context, [&](std::size_t i) { aggregates_[i]->update(runs_[i]); });
}

GroupAggregates::Taken GroupAggregates::update_and_read(const Groups& groups, std::span<record::ColumnBuffer*> before,
                                                        std::span<record::ColumnBuffer*> after,
                                                        record::TextArena& arena, api::Context& context) {
  return apply(groups, context, [&](std::size_t i) {
    aggregates_[i]->update_and_read(runs_[i], before.empty() ? nullptr : before[i], *after[i], arena);
  });
}

void GroupAggregates::merge(std::span<const api::Entry> into, std::span<const api::Entry> from) {
  for (const auto& aggregate : aggregates_) aggregate->merge(into, from);
}

bool GroupAggregates::invertible() const {
  bool all = true;
  for (const auto& aggregate : aggregates_) all &= aggregate->invertible();
  return all;
}

void GroupAggregates::unmerge(std::span<const api::Entry> from, std::span<const api::Entry> what) {
  for (const auto& aggregate : aggregates_) aggregate->unmerge(from, what);
}

bool GroupAggregates::fits(const api::Entry& group) const {
  bool all = true;
  for (const auto& aggregate : aggregates_) all &= aggregate->fits(group.value);
  return all;
}

bool GroupAggregates::read(std::span<const api::Entry> groups, std::span<record::ColumnBuffer*> columns) {
  bool all = true;
  for (std::size_t i = 0; i < columns.size(); ++i) all &= aggregates_[i]->read(groups, *columns[i]);
  return all;
}

}  // namespace penstock::operators
