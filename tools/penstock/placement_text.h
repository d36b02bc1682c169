/// Where the tasks of a plan go, for people and programs: the end of what `plan FILE --workers` prints. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/coordinator/placement.h"
#include "topology/plan.h"

namespace penstock::tools {

std::string placement_as_text(const topology::Plan& plan, const coordinator::Placement& placement);
nlohmann::ordered_json placement_as_json(const topology::Plan& plan, const coordinator::Placement& placement);

}  // namespace penstock::tools
