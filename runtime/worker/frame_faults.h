/// What each way in which a frame can be wrong is called: a code of its own, for counters and decisions, and a text.
/// Every one of them ends the attempt.
#pragma once

#include "runtime/base/error.h"
#include "runtime/channel/in_channel.h"
#include "runtime/record/frame.h"

namespace penstock::worker {

base::Error not_a_frame(record::FrameFault fault);  ///< frame_short, _version, _kind, _length, _checksum
base::Error out_of_sequence(channel::ArrivalFault fault, const record::FrameHeader& header);  ///< frame_gap, _repeat
base::Error unknown_channel(const record::FrameHeader& header);                               ///< frame_channel
base::Error frame_of_the_future(const record::FrameHeader& header);                           ///< frame_attempt
base::Error peer_lost(const std::string& peer, bool was_up);                                  ///< peer_lost

}  // namespace penstock::worker
