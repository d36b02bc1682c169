/// Whether two processes have made the same plan of the same text.
#pragma once

#include <cstdint>

#include "topology/plan.h"

namespace penstock::topology {

/// XXH3 of the plan as JSON (nodes, schemas, keys, edges, chains, parallelism).
std::uint64_t plan_checksum(const Plan& plan);

}  // namespace penstock::topology
