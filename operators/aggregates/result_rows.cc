#include "operators/aggregates/result_rows.h"

#include <algorithm>
#include <set>
#include <utility>

namespace penstock::operators {

base::Result<ResultRows> ResultRows::make(std::shared_ptr<const topology::AggregateExpressions> expressions,
                                          std::size_t keys, const record::Schema& output) {
  ResultRows made;
  made.expressions_ = std::move(expressions);
  made.keys_ = keys;
  made.output_ = &output;
  auto chosen = made.choose_outputs(output);
  if (!chosen) return tl::unexpected(chosen.error());
  for (const record::Field& field : made.expressions_->internal.fields) {
    made.buffers_.push_back(std::make_unique<record::ColumnBuffer>(field.type));
    made.buffer_pointers_.push_back(made.buffers_.back().get());
  }
  for (const int call : made.calls_)
    made.call_pointers_.push_back(made.buffer_pointers_[keys + static_cast<std::size_t>(call)]);
  made.lent_.resize(keys);
  made.internal_columns_.resize(made.buffers_.size());
  made.columns_.resize(made.fields_.size());
  return made;
}

base::Result<void> ResultRows::choose_outputs(const record::Schema& output) {
  std::vector<topology::ExprPtr> computed;
  std::set<int> read;
  for (const record::Field& field : output.fields) {
    const auto at = std::find_if(expressions_->outputs.begin(), expressions_->outputs.end(),
                                 [&](const auto& one) { return one.name == field.name; });
    OutputField& out = fields_.emplace_back();
    if (at == expressions_->outputs.end()) {
      out.internal = expressions_->internal.index_of(field.name).value();
    } else if (at->expression->op == topology::Expr::Op::kField) {
      out.internal = at->expression->field;
    } else {
      out.computed = static_cast<int>(computed.size());
      computed.push_back(at->expression);
      for (const int internal : topology::fields_read(*at->expression)) read.insert(internal);
    }
    if (out.internal >= 0) read.insert(out.internal);
  }
  const int first_call = static_cast<int>(keys_), end = first_call + static_cast<int>(expressions_->calls.size());
  for (const int internal : read)
    if (internal >= first_call && internal < end) calls_.push_back(internal - first_call);
  if (computed.empty()) return {};
  auto program = expression::Program::compile(computed);
  if (!program) return tl::unexpected(program.error());
  program_.emplace(std::move(*program));
  return {};
}

void ResultRows::clear() {
  for (const auto& buffer : buffers_) buffer->clear();
  std::fill(lent_.begin(), lent_.end(), record::Column{});
  arena_.clear();
}

void ResultRows::set_window(std::uint32_t count, base::Micros start, base::Micros end) {
  const std::size_t first = keys_ + expressions_->calls.size();
  std::fill_n(buffers_[first]->resize<base::Micros>(count), count, start);
  std::fill_n(buffers_[first + 1]->resize<base::Micros>(count), count, end);
}

record::Rows ResultRows::build(std::uint32_t count, base::Micros now) {
  for (std::size_t i = 0; i < buffers_.size(); ++i)
    internal_columns_[i] = i < keys_ && lent_[i].data != nullptr ? lent_[i] : buffers_[i]->column();
  internal_ = {};
  internal_.schema = &expressions_->internal;
  internal_.count = count;
  internal_.columns = internal_columns_;
  const auto computed = program_ ? program_->run(internal_, now) : std::span<const record::Column>();
  for (std::size_t i = 0; i < fields_.size(); ++i)
    columns_[i] = fields_[i].internal >= 0 ? internal_columns_[static_cast<std::size_t>(fields_[i].internal)]
                                           : computed[static_cast<std::size_t>(fields_[i].computed)];
  record::Rows rows;
  rows.schema = output_;
  rows.count = count;
  rows.columns = columns_;
  return rows;
}

std::span<const expression::RowFault> ResultRows::faults() const {
  return program_ ? program_->faults() : std::span<const expression::RowFault>();
}

}  // namespace penstock::operators
