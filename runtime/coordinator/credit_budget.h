/// How many bytes may be in flight on each channel: from a worker's memory at deploy time, then from what is measured.
/// Pure; the closed loop is tested against a small model of a link.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "runtime/base/clock.h"

namespace penstock::coordinator {

constexpr std::uint64_t kLeastWindow = 64 << 10;
constexpr std::uint64_t kMostWindow = 8 << 20;
constexpr std::uint64_t kFirstWindow = 1 << 20;  ///< Before anything is measured, where memory allows.
constexpr base::Micros kInFlightGoal = 20'000;   ///< What a window should be worth beyond the way there and back.

/// The most that one channel may get: half of the worker's memory is for frames on their way to it, shared evenly by
/// all channels (of all jobs) that come from another executor.
std::uint64_t window_limit(std::uint64_t memory_bytes, std::size_t channels);
/// At deploy time.
std::uint64_t first_window(std::uint64_t limit);

/// What both ends of a channel have reported. Counters are totals since the start of the attempt.
struct ChannelSample {
  base::Micros at = 0;                         ///< When it was heard.
  std::uint64_t consumed_bytes = 0;            ///< Receiver's.
  std::optional<std::uint64_t> waiting_bytes;  ///< Receiver's: arrived and not yet consumed.
  std::uint32_t round_trip_us = 0;  ///< Sender's newest: from a frame to the credit that covers it. 0: none yet.
  std::uint64_t credit_waits = 0;   ///< Sender's: how often it had to wait for credit.
};

/// Watches one channel and says what its window should be:
///   rate x (20 ms + the round trip without queues).
/// The time that frames wait at the receiver, or that half a window takes to be consumed, is taken off the round trip
/// as measured, so that a window does not feed on itself. When the sender waits for credit although the receiver has
/// nothing to do, it is the way that is long, and the window doubles. Grows at once, at most fourfold a step; shrinks
/// by an eighth a step, and only once it is far too large. A channel on which nothing moves keeps its window.
class ChannelTuner {
 public:
  explicit ChannelTuner(std::uint64_t window) : window_(window) {}

  /// The window wanted from now on. `limit` may change as jobs come and go.
  std::uint64_t on_sample(const ChannelSample& sample, std::uint64_t limit);
  std::uint64_t window() const { return window_; }
  double bytes_a_second() const { return rate_; }

 private:
  void measure(const ChannelSample& sample);
  double target() const;

  std::uint64_t window_;
  bool starved_ = false;               // At the last sample.
  double rate_ = 0;                    // Bytes a second between the last two samples.
  std::deque<ChannelSample> samples_;  // Newest last.
};

}  // namespace penstock::coordinator
