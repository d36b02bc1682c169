/// From the text of a topology file to a Plan. `validate`, `plan`, `run` and `submit` all call load(), so they cannot
/// disagree. Pure: the caller reads the file and supplies the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "topology/plan.h"

namespace penstock::topology {

struct LoadOptions {
  /// Value of ${NAME}: --set first, then the environment.
  std::function<std::optional<std::string>(const std::string&)> variable;
  std::optional<int> parallelism;  ///< --parallelism: the default for every node that does not say its own.
  bool chain_keyed_edges = true;   ///< A keyed edge from one task to one task is chained; benchmarks may separate them.
};

/// The plan, or all diagnostics (at least one error). Notes of a good plan are in Plan::notes.
std::variant<Plan, std::vector<Diagnostic>> load(std::string_view text, const LoadOptions& options);

/// JSON Schema (draft 2020-12) of the language, from the same field tables the loader uses.
std::string json_schema();

}  // namespace penstock::topology
