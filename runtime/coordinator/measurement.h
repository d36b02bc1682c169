/// What successive reports of a job tell: rates, progress, and from them the windows of its channels.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// Takes in the newest report of a part.
void measure(Turn& turn, Job& job, std::size_t part);

/// Rows a second that a node has taken in and passed on over about the last second, on all workers.
std::pair<double, double> row_rates(const Job& job, std::uint32_t node);

/// Changes as long as any row of the job moves, or a checkpoint gets on.
std::uint64_t progress_of(const Job& job);

/// Rows that the sources have passed on in this attempt.
std::uint64_t rows_from_sources(const Job& job);

}  // namespace penstock::coordinator
