/// A sink that shows each run of rows to the benchmark instead of discarding it. It takes the place of `discard` in the
/// benchmark's copy of the registry, so that the topology is one a user could write. THREAD: the executor's.
#pragma once

#include <functional>

#include "runtime/api/registry.h"

namespace penstock::bench {

/// Called once per run of rows, by the one task of the sink.
using Tally = std::function<void(const record::Rows&)>;

/// The built-in registry with `discard` replaced; `tally` must outlive the job.
api::Registry registry_with_tally(const Tally& tally);

}  // namespace penstock::bench
