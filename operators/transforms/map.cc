#include "operators/transforms/map.h"

#include <algorithm>
#include <utility>

#include "operators/runs/faults.h"

namespace penstock::operators {

base::Result<std::unique_ptr<api::Operator>> Map::make(const api::NodeSpec& spec) {
  const auto named = spec.node.params.get<topology::NamedExprs>("fields");
  std::vector<topology::ExprPtr> computed;
  std::vector<OutputField> fields;
  for (const record::Field& field : spec.output().fields) {
    const auto at = std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == field.name; });
    OutputField& out = fields.emplace_back();
    if (at == named.end()) {
      out.passed = spec.inputs[0]->index_of(field.name).value();
    } else {
      out.computed = static_cast<int>(computed.size());
      computed.push_back(at->second);
    }
  }
  auto program = expression::Program::compile(computed);
  if (!program) return tl::unexpected(program.error());
  return std::unique_ptr<api::Operator>(new Map(std::move(*program), std::move(fields), spec.output()));
}

api::Step Map::process(int, const record::Rows& rows, api::Context& context) {
  const auto computed = program_.run(rows, context.now());
  const auto faults = program_.faults();
  report(faults, rows, context);
  output_ = carried_.dense(rows);
  output_.schema = schema_;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    OutputField& field = fields_[i];
    if (field.computed >= 0) {
      columns_[i] = computed[static_cast<std::size_t>(field.computed)];
      continue;
    }
    columns_[i] = rows.columns[static_cast<std::size_t>(field.passed)];
    if (rows.selection != nullptr) columns_[i] = field.gather.take(columns_[i], {rows.selection, rows.count});
  }
  output_.columns = columns_;
  if (!faults.empty()) output_ = subset_.without(output_, faults);
  context.counters().passed.add(output_.count);
  if (output_.count > 0) context.emit(topology::kMainPort, output_);
  return api::Step::kDone;
}

}  // namespace penstock::operators
