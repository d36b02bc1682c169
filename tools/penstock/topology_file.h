/// Reads a topology for a verb: file, ${NAME} values and faults, the same for `run`, `validate` and `plan`.
#pragma once

#include <map>
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

/// What the loader asked for and was given: the ${NAME} values on which a plan rests.
using Variables = std::map<std::string, std::string>;

using Loaded = std::variant<topology::Plan, std::vector<topology::Diagnostic>>;
/// Calls the loader with the --set values, then the environment. A malformed --set is a fault of usage.
/// `given`: where not nullptr, receives the values that it asked for.
base::Result<Loaded> load_topology(const TopologyText& text, const TopologyOptions& options,
                                   Variables* given = nullptr);

struct LoadedFile {
  topology::Plan plan;
  TopologyText text;
  Variables variables;
};
/// For verbs that need a good topology and nothing else: it, or the exit status after the faults have been shown on
/// standard error, as text or as JSON.
std::variant<LoadedFile, int> file_or_status(const TopologyOptions& options, bool json);
/// The same where the plan is all that is wanted.
std::variant<topology::Plan, int> plan_or_status(const TopologyOptions& options, bool json);

nlohmann::ordered_json diagnostics_as_json(const std::vector<topology::Diagnostic>& diagnostics);

/// The command line that `verb` of the same topology with the same values would take.
std::string same_options(const std::string& verb, const TopologyOptions& options);

}  // namespace penstock::tools
