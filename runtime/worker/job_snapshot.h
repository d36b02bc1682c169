/// What can be seen of a run from outside, at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "topology/plan.h"

namespace penstock::worker {

enum class JobState : std::uint8_t { kRunning, kStopping, kFinished, kStopped, kFailed };

struct ErrorCount {
  std::string code;
  std::uint64_t rows = 0;
};

/// Sums over the instances of one node in this process.
struct NodeSnapshot {
  std::string name;
  std::string verb;
  topology::NodeKind kind = topology::NodeKind::kOperator;
  std::uint64_t rows_in = 0, rows_out = 0, passed = 0, filtered = 0, absorbed = 0, late = 0, errors = 0, dropped = 0;
  std::uint64_t queued_bytes = 0;         ///< In the channels that lead to this node.
  std::uint64_t credit_waits = 0;         ///< How often a frame for it had to wait for credit.
  bool blocked = false;                   ///< Some instance waits for credit.
  std::optional<base::Micros> watermark;  ///< Least over instances; nullopt: none yet, or no event time.
  bool ended = false;
  std::vector<ErrorCount> errors_by_code;  ///< Only filled once the run has ended.
};

/// The receiver's view of a channel, or the sender's.
struct ChannelSnapshot {
  std::uint32_t channel = 0;
  bool receiving = true;
  std::uint64_t consumed_bytes = 0;  ///< Receiver's.
  std::uint64_t window_bytes = 0;    ///< Receiver's.
  std::uint32_t round_trip_us = 0;   ///< Sender's; 0: not measured yet.
};

struct JobSnapshot {
  JobState state = JobState::kRunning;
  double seconds = 0;
  std::vector<NodeSnapshot> nodes;  ///< In plan order.
};

}  // namespace penstock::worker
