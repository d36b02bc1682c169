#include "runtime/worker/frame_faults.h"

#include <fmt/format.h>

namespace penstock::worker {
namespace {

base::Error transport_error(std::string code, std::string text) {
  return {std::move(code), std::move(text), base::Origin::kEnvironment, true, {}};
}

}  // namespace

base::Error not_a_frame(record::FrameFault fault) {
  using record::FrameFault;
  switch (fault) {
    case FrameFault::kShort:
      return transport_error("frame_short", "a data message was shorter than a frame's header");
    case FrameFault::kVersion:
      return transport_error("frame_version",
                             "a frame of another version came; install the same penstock on all hosts");
    case FrameFault::kKind:
      return transport_error("frame_kind", "a frame of an unknown kind came");
    case FrameFault::kLength:
      return transport_error("frame_length", "a frame's length differs from what its header says");
    case FrameFault::kChecksum:
      break;
  }
  return transport_error("frame_checksum", "a frame arrived damaged (its checksum is wrong)");
}

base::Error out_of_sequence(channel::ArrivalFault fault, const record::FrameHeader& header) {
  const bool gap = fault == channel::ArrivalFault::kGap;
  return transport_error(
      gap ? "frame_gap" : "frame_repeat",
      fmt::format("channel {} {} a frame (sequence {})", header.channel, gap ? "lost" : "repeated", header.sequence));
}

base::Error unknown_channel(const record::FrameHeader& header) {
  return transport_error("frame_channel",
                         fmt::format("a frame came for channel {}, which does not end here", header.channel));
}

base::Error frame_of_the_future(const record::FrameHeader& header) {
  return transport_error("frame_attempt",
                         fmt::format("a frame of attempt {} came before this worker knew of it", header.attempt));
}

base::Error peer_lost(const std::string& peer, bool was_up) {
  return transport_error("peer_lost", was_up ? fmt::format("the data connection to worker '{}' broke", peer)
                                             : fmt::format("worker '{}' does not take data connections", peer));
}

}  // namespace penstock::worker
