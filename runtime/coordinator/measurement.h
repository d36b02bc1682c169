/// What successive reports of a job tell: rates, progress, and from them the windows of its channels.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// Takes in the newest report of a part.
void measure(Turn& turn, Job& job, std::size_t part);

/// Rows a second that a node has taken in and passed on over about the last second, on all workers.
std::pair<double, double> row_rates(const Job& job, std::uint32_t node);

/// Grows as long as any row of the job moves.
std::uint64_t rows_moved(const Job& job);

}  // namespace penstock::coordinator
