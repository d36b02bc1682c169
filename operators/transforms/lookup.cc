#include "operators/transforms/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "operators/runs/faults.h"

namespace penstock::operators {

using api::Step;

Lookup::Lookup(const api::NodeSpec& spec, const api::FormatFactory& format)
    : node_(spec.node),
      plan_(*spec.node.table),
      format_(format),
      output_schema_(spec.output()),
      input_fields_(spec.inputs[0]->fields.size()),
      inner_(spec.node.params.text("kind") == "inner") {
  joined_fields_.resize(input_fields_ + plan_.schema.fields.size());
  joined_columns_.resize(joined_fields_.size());
}

base::Result<std::unique_ptr<api::Operator>> Lookup::make(const api::NodeSpec& spec, const api::Registry& registry) {
  const auto format = registry.formats.find(spec.node.table->format);
  if (format == registry.formats.end() || !format->second.decoder)
    return base::fail("unknown_format", "table " + spec.node.table->name + " has no format that can be read: '" +
                                            spec.node.table->format + "'");
  std::unique_ptr<Lookup> made(new Lookup(spec, format->second));
  auto chosen = made->choose_fields(spec);
  if (!chosen) return tl::unexpected(chosen.error());
  return made;
}

base::Result<void> Lookup::choose_fields(const api::NodeSpec& spec) {
  const auto named = spec.node.params.get<topology::NamedExprs>("add");
  std::vector<topology::ExprPtr> computed;
  for (const record::Field& field : output_schema_.fields) {
    const auto at = std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == field.name; });
    const bool plain = at == named.end() || at->second->op == topology::Expr::Op::kField;
    if (plain) {
      const int joined = at == named.end() ? spec.inputs[0]->index_of(field.name).value() : at->second->field;
      fields_.push_back({false, static_cast<std::size_t>(joined)});
      joined_fields_[fields_.back().index].read = true;
      continue;
    }
    fields_.push_back({true, computed.size()});
    computed.push_back(at->second);
    for (const int read : topology::fields_read(*at->second))
      joined_fields_[static_cast<std::size_t>(read)].read = true;
  }
  columns_.resize(fields_.size());
  if (computed.empty()) return {};
  auto program = expression::Program::compile(computed);
  if (!program) return tl::unexpected(program.error());
  program_.emplace(std::move(*program));
  return {};
}

std::unique_ptr<api::StateTable> Lookup::make_index(api::Context& context) const {
  std::vector<record::Type> types;
  for (const int key : plan_.key) types.push_back(plan_.schema[key].type);
  return context.state().make_table({"rows", std::move(types), LookupTable::kRowBytes, {}, false});
}

base::Result<void> Lookup::open(api::Context& context) {
  auto table = LookupTable::load(plan_, format_, make_index(context));
  if (!table) return tl::unexpected(table.error());
  table_ = std::move(*table);
  if (plan_.reload) context.wake_at(context.now() + *plan_.reload);
  return {};
}

Step Lookup::on_timer(api::Context& context) {
  take_reloaded(context);
  if (!plan_.reload || reload_ != nullptr) return Step::kDone;
  reload_ = std::make_shared<Reload>();
  reload_->index = make_index(context);
  context.run_blocking([reload = reload_, &plan = plan_, &format = format_] {
    reload->table = LookupTable::load(plan, format, std::move(reload->index));
    reload->done.store(true, std::memory_order_release);
  });
  context.wake_at(context.now() + *plan_.reload);
  return Step::kDone;
}

void Lookup::take_reloaded(api::Context& context) {
  if (reload_ == nullptr || !reload_->done.load(std::memory_order_acquire)) return;
  if (reload_->table) {
    table_ = std::move(*reload_->table);
  } else {
    const base::Error& error = reload_->table.error();
    fmt::print(stderr, "{}: the table was not reloaded, the old one stays: {} ({})\n", node_.name, error.text,
               error.where);
  }
  reload_.reset();
  context.wake_at(context.now() + *plan_.reload);
}

/// Columns of the joined row for the input's cells `cells` and the table's rows found_.
void Lookup::fill(std::span<const std::uint32_t> cells, const record::Rows& rows) {
  for (std::size_t i = 0; i < joined_fields_.size(); ++i) {
    JoinedField& field = joined_fields_[i];
    if (!field.read) continue;
    if (i >= input_fields_) {
      const record::Column& column = table_->column(static_cast<int>(i - input_fields_));
      joined_columns_[i] = inner_ ? field.gather.take(column, found_) : field.gather.take_or_null(column, found_);
    } else {
      joined_columns_[i] = cells.empty() ? rows.columns[i] : field.gather.take(rows.columns[i], cells);
    }
  }
}

/// The rows that are passed, dense: the input's fields, then the table's.
const record::Rows& Lookup::join(const record::Rows& rows) {
  const bool some_missing = inner_ && std::find(found_.begin(), found_.end(), kNoCell) != found_.end();
  if (some_missing) {
    parents_.clear();
    for (std::uint32_t row = 0; row < rows.count; ++row)
      if (found_[row] != kNoCell) parents_.push_back(row);
    found_.erase(std::remove(found_.begin(), found_.end(), kNoCell), found_.end());
    joined_ = carried_.derived(rows, parents_);
    fill(carried_.cells(), rows);
  } else {
    joined_ = carried_.dense(rows);
    fill(rows.selection == nullptr ? std::span<const std::uint32_t>()
                                   : std::span<const std::uint32_t>(rows.selection, rows.count),
         rows);
  }
  joined_.columns = joined_columns_;
  return joined_;
}

Step Lookup::process(int, const record::Rows& rows, api::Context& context) {
  take_reloaded(context);
  table_->find(rows, node_.key, found_);
  const record::Rows& joined = join(rows);
  context.counters().filtered.add(rows.count - joined.count);
  if (joined.count == 0) return Step::kDone;
  const auto computed = program_ ? program_->run(joined, context.now()) : std::span<const record::Column>();
  for (std::size_t i = 0; i < fields_.size(); ++i)
    columns_[i] = fields_[i].computed ? computed[fields_[i].index] : joined_columns_[fields_[i].index];
  output_ = joined;
  output_.schema = &output_schema_;
  output_.columns = columns_;
  if (program_ && !program_->faults().empty()) {
    for (const auto& fault : program_->faults()) {
      const std::uint32_t row = joined.parent_row == nullptr ? fault.row : joined.parent_row[fault.row];
      context.row_failed(rows, row, fault.code, fault.message);
    }
    output_ = subset_.without(output_, program_->faults());
  }
  context.counters().passed.add(output_.count);
  if (output_.count > 0) context.emit(topology::kMainPort, output_);
  return Step::kDone;
}

}  // namespace penstock::operators
