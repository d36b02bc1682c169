#include "tests/sim/sim_plans.h"

#include "runtime/base/check.h"
#include "topology/loader.h"

namespace penstock::sim {
namespace {

std::shared_ptr<const topology::Plan> plan(int parallelism, const char* placement) {
  const std::string text = std::string(
                               "penstock: 1\nname: sim\nsources: {s: {generate: {}, fields: {k: i % 9}}}\n"
                               "operators: {n: {from: s, key_by: [k], aggregate: {n: count(*)}}}\n"
                               "sinks: {out: {from: n, discard: {}}}\n") +
                           placement;
  topology::LoadOptions options;
  options.parallelism = parallelism;
  options.chain_keyed_edges = false;
  auto loaded = topology::load(text, options);
  CHECK(std::holds_alternative<topology::Plan>(loaded));
  return std::make_shared<topology::Plan>(std::move(std::get<topology::Plan>(loaded)));
}

}  // namespace

const std::vector<std::shared_ptr<const topology::Plan>>& sim_plans() {
  static const std::vector<std::shared_ptr<const topology::Plan>> kPlans = {
      plan(1, ""), plan(2, ""), plan(3, ""), plan(5, ""), plan(2, "placement: {n: {workers: [w2]}}\n")};
  return kPlans;
}

}  // namespace penstock::sim
