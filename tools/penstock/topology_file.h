/// Reads a topology for a verb: file, ${NAME} values and faults, the same for `run`, `validate` and `plan`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/error.h"
#include "tools/penstock/verbs.h"
#include "topology/loader.h"

namespace penstock::tools {

struct TopologyText {
  std::string name;  ///< As shown in messages.
  std::string text;
};

/// The file's text, read up to the loader's limit and one byte (so that the loader refuses what is too long).
base::Result<TopologyText> read_topology(const std::string& file);

using Loaded = std::variant<topology::Plan, std::vector<topology::Diagnostic>>;
/// Calls the loader with the --set values, then the environment. A malformed --set is a fault of usage.
base::Result<Loaded> load_topology(const TopologyText& text, const TopologyOptions& options);

/// For verbs that need a plan and nothing else: the plan, or the exit status after the faults have been shown on
/// standard error, as text or as JSON.
std::variant<topology::Plan, int> plan_or_status(const TopologyOptions& options, bool json);

nlohmann::ordered_json diagnostics_as_json(const std::vector<topology::Diagnostic>& diagnostics);

/// The command line that `verb` of the same topology with the same values would take.
std::string same_options(const std::string& verb, const TopologyOptions& options);

}  // namespace penstock::tools
