/// Receiver's end of one channel: frames in order of arrival, checked for density, and the credit that flows back.
/// THREAD: the receiving executor.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/base/ring_queue.h"
#include "runtime/channel/credit.h"
#include "runtime/channel/out_channel.h"
#include "runtime/record/frame.h"

namespace penstock::channel {

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
  void close();  ///< Tell the sender that no more rows are wanted.
  std::uint32_t id() const { return key_.channel; }

 private:
  bool replaces_latest(const record::FrameHeader& header);
  void announce(std::uint32_t window);

  ChannelKey key_;
  record::FramePool* pool_;
  FrameRoute* back_;
  CreditMeter meter_;
  base::RingQueue<record::Frame*> queue_;
  std::uint64_t expected_ = 0;
  std::uint64_t credits_sent_ = 0;
  bool closed_ = false;
};

}  // namespace penstock::channel
