/// What each path from a source to a sink can promise, and what it promises.
#pragma once

#include "topology/check/check_topology.h"

namespace penstock::topology {

/// Sets the delivery of every sink. A promise that was asked for and cannot be kept is an error that names the link;
/// what was assumed becomes a note.
void set_delivery(CheckedTopology& topology, const Shape& shape, Report& report);

}  // namespace penstock::topology
