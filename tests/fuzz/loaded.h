/// What must hold of load() for every text whatever.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "topology/loader.h"
#include "topology/plan_text.h"

namespace penstock::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// Loads `text`; either a plan that can be shown, or at least one error that can be.
inline bool load_and_show(std::string_view text) {
  topology::LoadOptions options;
  options.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name.size() % 2 == 0) return std::nullopt;
    return "value of " + name;
  };
  const auto loaded = topology::load(text, options);
  if (const auto* plan = std::get_if<topology::Plan>(&loaded)) {
    require(!plan->nodes.empty() && !plan->chains.empty());
    require(!topology::plan_as_text(*plan).empty() && !topology::plan_as_json(*plan).empty());
    return true;
  }
  const auto& faults = std::get<std::vector<topology::Diagnostic>>(loaded);
  require(!faults.empty());
  for (const auto& one : faults) {
    require(!one.code.empty() && !one.message.empty() && one.line >= 0 && one.column >= 0);
    require(one.severity == topology::Severity::kError);
  }
  require(!topology::render(faults, "fuzz.yaml", text).empty());
  return false;
}

}  // namespace penstock::fuzz
