#include "operators/transforms/register.h"

#include "operators/transforms/collecting_aggregate.h"
#include "operators/transforms/drop.h"
#include "operators/transforms/filter.h"
#include "operators/transforms/flat_map.h"
#include "operators/transforms/limit.h"
#include "operators/transforms/lookup.h"
#include "operators/transforms/map.h"
#include "operators/transforms/running_aggregate.h"
#include "operators/transforms/sample.h"
#include "operators/transforms/split.h"
#include "operators/transforms/throttle.h"

namespace penstock::operators {
namespace {

base::Result<std::unique_ptr<api::Operator>> make_aggregate_without_window(const api::NodeSpec& spec) {
  const std::string emit = spec.node.params.text("emit", "update");
  return emit == "update" ? RunningAggregate::make(spec) : CollectingAggregate::make(spec);
}

}  // namespace

void register_transforms(api::Registry& registry) {
  registry.operators["filter"] = Filter::make;
  registry.operators["map"] = Map::make;
  registry.operators["add"] = Map::make;
  registry.operators["drop"] = Drop::make;
  registry.operators["merge"] = Drop::make;
  registry.operators["flat_map"] = FlatMap::make;
  registry.operators["split"] = Split::make;
  registry.operators["limit"] = Limit::make;
  registry.operators["sample"] = Sample::make;
  registry.operators["throttle"] = Throttle::make;
  registry.operators["lookup"] = [&registry](const api::NodeSpec& spec) { return Lookup::make(spec, registry); };
  registry.operators["aggregate"] = make_aggregate_without_window;
}

}  // namespace penstock::operators
