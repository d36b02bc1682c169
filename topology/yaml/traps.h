/// YAML that is well-formed and does not say what its writer meant.
#pragma once

#include "topology/yaml/report.h"
#include "topology/yaml/tree.h"

namespace penstock::topology {

/// Reports values that YAML cut in two at a comma, or at a '#', and marks what is left of them as faulty.
void report_traps(YamlNode& root, Report& report);

}  // namespace penstock::topology
