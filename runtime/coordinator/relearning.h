/// A coordinator that was started anew learns from its workers how the jobs in its journal stand. It moves nothing that
/// lives: a job whose workers all still have their part goes on as it stands; only when one has not, or does not come
/// back in time, is it interrupted.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// Once all workers of the job have said how their part stands.
void relearn(Turn& turn, Job& job);
/// This heartbeat does not name the job, or comes from another process than the one that had a part in it.
void look_for_missing(Turn& turn, Job& job, const Worker& worker, const proto::Heartbeat& heartbeat);
/// Whoever has not come back by now is taken for lost.
void on_not_back_in_time(Turn& turn, Job& job);

/// Those of the checkpoints in its store that do not count, whole as they may be: the journal does not name them, and
/// they are not older than what the job went on from.
std::vector<std::pair<std::uint64_t, std::uint32_t>> strays(const Job& job, const std::vector<proto::Manifest>& there);
/// The newest checkpoint of a job that was recalled, or why it cannot be read.
void on_newest_read(Job& job, base::Result<proto::Manifest> manifest);

}  // namespace penstock::coordinator
