/// What `discard` is in the worker processes of a benchmark: it notes what it sees on the board of whoever started the
/// worker, and takes rows no faster than it is told there. THREAD: the executor's.
#pragma once

#include "bench/harness/tally_board.h"
#include "runtime/api/registry.h"

namespace penstock::bench {

/// The built-in registry with `discard` replaced for the sinks that `board` names; nullptr: as it is.
api::Registry worker_registry(TallyBoard* board);

}  // namespace penstock::bench
