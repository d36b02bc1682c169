/// What this process uses.
#pragma once

#include "runtime/worker/agent.h"

namespace penstock::worker {

Usage process_usage();  ///< CPU time of all threads, resident memory.

}  // namespace penstock::worker
