/// Receiver's end of one channel: frames in order of arrival, checked for density, and the credit that flows back.
/// THREAD: the receiving executor.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "runtime/base/ring_queue.h"
#include "runtime/channel/credit.h"
#include "runtime/channel/out_channel.h"
#include "runtime/record/frame.h"

namespace penstock::channel {

/// Why a frame does not continue its channel. A frame of an older attempt is not a fault: it is dropped and counted.
enum class ArrivalFault : std::uint8_t { kGap, kRepeat, kAttempt };

class InChannel {
 public:
  InChannel(ChannelKey key, record::FramePool& pool, FrameRoute& back, std::uint64_t window);

  /// A frame has arrived; takes it over. A fault leaves it with the caller.
  std::optional<ArrivalFault> arrive(record::Frame* frame);
  bool empty() const { return queue_.empty(); }
  record::Frame* front() { return queue_.front(); }
  /// The front frame has been processed: gives it back to its pool and announces credit when that is worth a message.
  void consumed();
  void announce_every_frame() { every_frame_ = true; }
  void close();                          ///< Tell the sender that no more rows are wanted.
  void set_window(std::uint64_t bytes);  ///< From now on; told to the sender at once.
  std::uint32_t id() const { return key_.channel; }
  std::uint64_t window() const { return shown_window_.load(std::memory_order_relaxed); }  ///< From any thread.
  std::uint64_t shown_consumed() const {
    return shown_consumed_.load(std::memory_order_relaxed);
  }  ///< From any thread.

 private:
  bool replaces_latest(const record::FrameHeader& header);
  bool should_announce();
  void announce_credit();
  void announce(std::uint32_t window);

  static constexpr base::Micros kAnnounceEvery = 1000;  // To a sender that may wait, before half a window is free.
  ChannelKey key_;
  record::FramePool* pool_;
  FrameRoute* back_;
  CreditMeter meter_;
  base::RingQueue<record::Frame*> queue_;
  std::uint64_t expected_ = 0;
  std::uint64_t credits_sent_ = 0;
  base::Micros announced_at_ = 0;
  bool closed_ = false, every_frame_ = false;
  std::atomic<std::uint64_t> shown_consumed_{0}, shown_window_;
};

}  // namespace penstock::channel
