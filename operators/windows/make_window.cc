#include "operators/windows/make_window.h"

#include <utility>

#include "operators/windows/sliding_window.h"
#include "operators/windows/tumbling_window.h"

namespace penstock::operators {
namespace {

WindowPlan plan_of(const api::NodeSpec& spec) {
  const auto window = spec.node.params.get<std::shared_ptr<const topology::Params>>("window");
  const base::Micros size = window->integer("size");
  WindowPlan plan{AggregatePlan::of(spec), WindowGrid::tumbling(size), window->text("time") == "processing"};
  if (window->text("type") == "sliding") plan.grid = WindowGrid::sliding(size, window->integer("every"));
  return plan;
}

}  // namespace

base::Result<std::unique_ptr<api::Operator>> make_window_aggregate(const api::NodeSpec& spec) {
  WindowPlan plan = plan_of(spec);
  const bool tumbling = plan.grid.every == plan.grid.size;
  auto results = ResultRows::make(plan.aggregate.expressions, plan.aggregate.keys.size(), *plan.aggregate.output);
  if (!results) return tl::unexpected(results.error());
  const bool count_rows = !tumbling || plan.aggregate.takes_back;
  auto aggregates =
      GroupAggregates::make(*plan.aggregate.expressions, results->calls(), plan.aggregate.takes_back, 0, count_rows);
  if (!aggregates) return tl::unexpected(aggregates.error());
  WindowInput input(plan, std::move(*aggregates), spec);
  ResultEmitter emitter(std::move(*results), spec);
  if (tumbling) return std::make_unique<TumblingWindow>(std::move(plan), std::move(input), std::move(emitter));
  return std::make_unique<SlidingWindow>(std::move(plan), std::move(input), std::move(emitter));
}

}  // namespace penstock::operators
