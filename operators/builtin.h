/// The explicit list of everything this build can do. Nothing registers itself.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::operators {

/// Sources, formats, operators and sinks. Built once per process; must outlive every job.
const api::Registry& builtin_registry();

}  // namespace penstock::operators
