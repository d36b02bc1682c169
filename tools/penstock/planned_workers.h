/// Workers that need not be there: what `plan FILE --workers` places tasks on. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/coordinator/placement.h"

namespace penstock::tools {

/// "3": worker-1, worker-2 and worker-3, as `run --workers 3` names them. "a:4,edge-1:2:zone=core": by name, each with
/// its slots and labels; `slots` unless said. Code bad_workers: what is wrong, and what one writes.
base::Result<std::vector<coordinator::PlaceableWorker>> planned_workers(std::string_view text, int slots);

}  // namespace penstock::tools
