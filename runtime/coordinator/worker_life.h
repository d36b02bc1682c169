/// A worker from its registration to its end: leases, heartbeats, leaving, being lost.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

void on_register(Turn& turn, const Peer& from, const proto::Register& message);
void on_heartbeat(Turn& turn, const Peer& from, const proto::Heartbeat& message);
void on_leave(Turn& turn, const Peer& from, const proto::Leave& message);

/// Nothing can be sent there any more.
void on_unreachable(Turn& turn, const std::string& peer);
/// Says something to every worker: whose connection has broken turns out to be unreachable.
void probe_all(Turn& turn);
/// Nobody is to be blamed for silence that the coordinator could not have heard.
void on_paused(Turn& turn, base::Micros length);
/// Leases, and lost workers that have been shown long enough.
void on_time_of_workers(Turn& turn);

/// Places nothing new there any more.
void drain(Turn& turn, Worker& worker);

}  // namespace penstock::coordinator
