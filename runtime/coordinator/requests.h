/// Clients' requests, each with one Answer. All of them may come twice.
#pragma once

#include "runtime/coordinator/turn.h"

namespace penstock::coordinator {

void on_request(Turn& turn, const Peer& from, const proto::Request& request);
void on_submit(Turn& turn, const SubmitCame& came);

/// An answer that says why not.
proto::Envelope refusal(std::uint64_t request, const base::Error& error);

}  // namespace penstock::coordinator
