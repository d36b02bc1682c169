#include "operators/transforms/flat_map.h"

#include <algorithm>
#include <utility>

#include "operators/runs/faults.h"
#include "runtime/base/limits.h"

namespace penstock::operators {

using api::Step;
using record::ListSlice;

base::Result<std::unique_ptr<api::Operator>> FlatMap::make(const api::NodeSpec& spec) {
  const auto named = spec.node.params.get<topology::NamedExprs>("fields");
  std::vector<topology::ExprPtr> computed;
  int list = -1;
  for (const auto& [name, expression] : named) {
    if (expression->type.kind == record::Kind::kList) list = static_cast<int>(computed.size());
    computed.push_back(expression);
  }
  if (list < 0) return base::fail("list_expected", "flat_map needs one field that is a list", spec.node.name);
  std::vector<OutputField> fields;
  for (const record::Field& field : spec.output().fields) {
    const auto at = std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == field.name; });
    const int index = static_cast<int>(at - named.begin());
    if (at == named.end())
      fields.push_back({From::kInput, spec.inputs[0]->index_of(field.name).value(), {}});
    else
      fields.push_back({index == list ? From::kElements : From::kComputed, index, {}});
  }
  auto program = expression::Program::compile(computed);
  if (!program) return tl::unexpected(program.error());
  return std::unique_ptr<api::Operator>(new FlatMap(std::move(*program), list, std::move(fields), spec.output()));
}

Step FlatMap::process(int, const record::Rows& rows, api::Context& context) {
  rows_ = &rows;
  row_ = element_ = 0;
  computed_ = program_.run(rows, context.now());
  report(program_.faults(), rows, context);
  context.counters().passed.add(rows.count - program_.faults().size());
  return resume(context);
}

Step FlatMap::resume(api::Context& context) {
  while (rows_ != nullptr) {
    if (!context.ready()) return Step::kBlocked;
    take_elements();
    if (!parents_.empty()) emit(context);
    if (row_ == rows_->count) rows_ = nullptr;
  }
  return Step::kDone;
}

/// A failed row's list is null, and a null list has no elements.
void FlatMap::take_elements() {
  const record::Column& lists = computed_[static_cast<std::size_t>(list_)];
  const auto* slices = lists.cells<ListSlice>();
  parents_.clear();
  elements_.clear();
  for (; row_ < rows_->count; ++row_, element_ = 0) {
    const std::uint32_t length = lists.is_null(row_) ? 0 : slices[row_].length;
    const auto room = static_cast<std::uint32_t>(base::kRunRows - parents_.size());
    const std::uint32_t end = std::min(length, element_ + room);
    parents_.insert(parents_.end(), end - element_, row_);
    for (; element_ < end; ++element_) elements_.push_back(slices[row_].offset + element_);
    if (element_ < length) return;
  }
}

/// The elements of consecutive rows usually lie side by side, and are then lent as they are.
record::Column FlatMap::elements(ColumnGather& gather) const {
  const record::Column& child = *computed_[static_cast<std::size_t>(list_)].child;
  const std::uint32_t first = elements_.front();
  for (std::uint32_t i = 0; i < elements_.size(); ++i)
    if (elements_[i] != first + i) return gather.take(child, elements_);
  record::Column lent = child;
  const std::size_t cell_bytes = record::is_text(child.type.kind)         ? sizeof(record::Text)
                                 : child.type.kind == record::Kind::kBool ? 1
                                                                          : 8;
  lent.data = static_cast<const std::byte*>(child.data) + first * cell_bytes;
  if (child.state != nullptr) lent.state = child.state + first;
  return lent;
}

void FlatMap::emit(api::Context& context) {
  output_ = carried_.derived(*rows_, parents_);
  output_.schema = schema_;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    OutputField& field = fields_[i];
    const auto index = static_cast<std::size_t>(field.index);
    if (field.from == From::kElements)
      columns_[i] = elements(field.gather);
    else if (field.from == From::kComputed)
      columns_[i] = field.gather.take(computed_[index], parents_);
    else
      columns_[i] = field.gather.take(rows_->columns[index], carried_.cells());
  }
  output_.columns = columns_;
  context.emit(topology::kMainPort, output_);
}

}  // namespace penstock::operators
