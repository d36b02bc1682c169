/// Small plans for tests of the coordinator.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "topology/loader.h"

namespace penstock::coordinator {

inline topology::Plan plan_of(const std::string& text, int parallelism) {
  topology::LoadOptions options;
  options.parallelism = parallelism;
  options.chain_keyed_edges = false;
  auto result = topology::load(text, options);
  if (auto* faults = std::get_if<std::vector<topology::Diagnostic>>(&result)) {
    ADD_FAILURE() << topology::render(*faults, "test.yaml", text);
    return {};
  }
  return std::move(std::get<topology::Plan>(result));
}

inline std::string topology_text(const std::string& operators, const std::string& sinks, const std::string& placement) {
  return "penstock: 1\nname: test\nsources:\n  rides:\n    file: {path: rides/}\n    format: json\n"
         "    schema: {time: timestamp, id: int64!, city: string, fare: float64}\n    event_time: {field: time}\n"
         "operators:\n" +
         operators + "sinks:\n" + sinks + (placement.empty() ? "" : "placement:\n" + placement);
}

/// rides | n | out: by key, then to one task. Without `apart` the sink is in n's tasks.
inline std::string keyed_text(bool apart = true, const std::string& placement = "") {
  return topology_text("  n: {from: rides, key_by: [city], aggregate: {n: count(*)}}\n",
                       apart ? "  out: {from: n, file: {path: out.jsonl}, format: json, parallelism: 1}\n"
                             : "  out: {from: n, discard: {}}\n",
                       placement);
}
inline topology::Plan keyed_plan(int parallelism, bool apart = true, const std::string& placement = "") {
  return plan_of(keyed_text(apart, placement), parallelism);
}

/// rides a | m out: forward edges that cannot be chained.
inline topology::Plan merged_plan(int parallelism, const std::string& placement = "") {
  return plan_of(topology_text("  a: {from: rides, filter: fare > 3}\n  m: {from: [rides, a], filter: id > 1}\n",
                               "  out: {from: m, discard: {}}\n", placement),
                 parallelism);
}

}  // namespace penstock::coordinator
