/// What each worker of a job should do next, and saying it until it is done.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

/// What this part has to be told, as far as it has got; nullopt: it is where it should be.
std::optional<proto::Directive::Want> wanted(const Job& job, const Part& part);

/// Tells every part that is behind: at once when what is wanted has changed, else every Timing::repeat_every.
void direct(Turn& turn, Job& job);

/// New windows for the channels that end at this part, where they differ from what the worker has reported.
void tune(Turn& turn, Job& job, std::size_t part);

/// To a worker that holds a job which it should not.
void order_cancel(Turn& turn, const std::string& peer, std::uint64_t incarnation, const proto::JobReport& report);

/// The newest heartbeat of this worker has been heard. Doubles as a probe: sending it finds out whether its connection
/// still stands.
proto::Envelope acknowledgement(const Worker& worker);

}  // namespace penstock::coordinator
