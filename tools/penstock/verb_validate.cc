#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "tools/penstock/exit_status.h"
#include "tools/penstock/terminal.h"
#include "tools/penstock/topology_file.h"
#include "tools/penstock/verbs.h"

namespace penstock::tools {
namespace {

/// A verdict is this verb's result, so it goes to standard output whatever it is; faults for people go where faults go.
int verdict_as_json(const TopologyText& text, const Loaded& loaded) {
  nlohmann::ordered_json verdict;
  const auto* plan = std::get_if<topology::Plan>(&loaded);
  verdict["file"] = text.name;
  verdict["valid"] = plan != nullptr;
  if (plan != nullptr) {
    verdict["name"] = plan->name;
    verdict["nodes"] = plan->nodes.size();
  }
  verdict["diagnostics"] =
      diagnostics_as_json(plan != nullptr ? plan->notes : std::get<std::vector<topology::Diagnostic>>(loaded));
  const int status = print_result(verdict.dump() + "\n");
  return plan == nullptr ? kBadTopology : status;
}

/// Notes are about what is worth knowing, not about what is wrong: the plan has them.
std::string number_of_notes(const topology::Plan& plan) {
  if (plan.notes.empty()) return {};
  return fmt::format("; `penstock plan` has {} {}", plan.notes.size(), plan.notes.size() == 1 ? "note" : "notes");
}

int counted(const std::vector<topology::Diagnostic>& faults, const TopologyText& text, const TopologyOptions& options) {
  fmt::print(stderr, "{}", topology::render(faults, text.name, text.text));
  fmt::print(stderr, "{}: {} {}\n", text.name, faults.size(), faults.size() == 1 ? "fault" : "faults");
  say_next("mend the file, then " + same_options("validate", options));
  return kBadTopology;
}

}  // namespace

int verb_validate(const TopologyOptions& options, bool json) {
  const auto text = read_topology(options.file);
  const auto loaded = text ? load_topology(*text, options) : tl::unexpected(text.error());
  if (!loaded) {
    fmt::print(stderr, "penstock: {}\n", loaded.error().text);
    return kUsage;
  }
  if (json) return verdict_as_json(*text, *loaded);
  const auto* plan = std::get_if<topology::Plan>(&*loaded);
  if (plan == nullptr) return counted(std::get<std::vector<topology::Diagnostic>>(*loaded), *text, options);
  const int status = print_result(fmt::format("{}: topology '{}' is valid ({} nodes{})\n", text->name, plan->name,
                                              plan->nodes.size(), number_of_notes(*plan)));
  say_next(same_options("run", options));
  return status;
}

}  // namespace penstock::tools
