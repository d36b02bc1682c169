/// What each worker of a job should do next, and saying it until it is done.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

struct Wanted {
  proto::Directive::Want want = proto::Directive::WANT_UNKNOWN;
  std::uint64_t epoch = 0;  ///< CHECKPOINT, PUBLISH
  bool operator==(const Wanted&) const = default;
};

/// What this part has to be told, as far as it has got; none: it is where it should be. More than one only while the
/// job runs: what one of them asks for may take its time, and the others do not wait for it.
std::vector<Wanted> wanted(const Job& job, const Part& part);

/// Tells every part that is behind, and every worker that still has something of an earlier attempt: at once when what
/// is wanted has changed, else every Timing::repeat_every.
void direct(Turn& turn, Job& job);

/// New windows for the channels that end at this part, where they differ from what the worker has reported.
void tune(Turn& turn, Job& job, std::size_t part);

/// To a worker that holds a job which it should not.
void order_to_let_go(Turn& turn, const std::string& peer, std::uint64_t incarnation, const proto::JobReport& report);

/// The newest heartbeat of this worker has been heard. Doubles as a probe: sending it finds out whether its connection
/// still stands.
proto::Envelope acknowledgement(const Worker& worker);

}  // namespace penstock::coordinator
