/// Flow control of one channel, in bytes (see charge). The receiver announces running totals, so a lost, repeated or
/// reordered announcement is late, never wrong. Totals restart with each attempt. Pure; tests drive them step by step.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/record/sized_frames.h"

namespace penstock::channel {

/// What a data frame costs in credit: what it holds at the receiver. Between processes that is a buffer of its size;
/// inside one it is the sender's pooled buffer, however little is in it: rows that are shipped one by one to a receiver
/// that has stopped must not fill memory with buffers.
inline std::uint64_t charge(std::uint32_t payload_bytes, bool remote) {
  if (remote) return record::held_bytes(payload_bytes);
  return std::max<std::uint64_t>(payload_bytes, base::kFramePayloadBytes / 4);
}

/// Sender's half. THREAD: the sending executor.
class CreditLedger {
 public:
  explicit CreditLedger(std::uint64_t initial_window) : limit_(initial_window) {}

  /// While any credit is left one more frame may go, whatever its size: in flight never exceeds credit plus one frame.
  bool may_send() const { return sent_ < limit_; }
  void on_sent(std::uint64_t bytes) { sent_ += bytes; }
  /// A peer's word: an error when it claims to have consumed what was never sent.
  base::Result<void> on_announced(std::uint64_t consumed, std::uint64_t window) {
    if (consumed > sent_)
      return base::fail("credit_beyond_sent", "a receiver announced more bytes than were sent to it", {},
                        base::Origin::kInternal);
    limit_ = std::max(limit_, consumed + window);
    consumed_ = std::max(consumed_, consumed);
    return {};
  }
  std::uint64_t in_flight() const { return sent_ - consumed_; }  ///< As far as announced.
  std::uint64_t sent() const { return sent_; }

 private:
  std::uint64_t limit_;
  std::uint64_t sent_ = 0;
  std::uint64_t consumed_ = 0;
};

/// Receiver's half. THREAD: the receiving executor.
class CreditMeter {
 public:
  explicit CreditMeter(std::uint64_t window) : window_(window), limit_(window), announced_(window) {}

  void on_arrived(std::uint64_t bytes) { arrived_ += bytes; }
  void on_consumed(std::uint64_t bytes) {
    consumed_ += bytes;
    limit_ = std::max(consumed_ + window_, limit_ + bytes - bytes / kShrinkShare);
  }
  /// Announcing costs a message: worth it once half a window has become free since the last time.
  bool should_announce() const { return limit_ - announced_ >= std::max<std::uint64_t>(window_ / 2, 1); }
  /// As far as is known here the sender has used up nearly all that was announced, and there is more to give: half a
  /// window at a time would make it stop and go. Worth a message now and then.
  bool sender_may_wait() const { return limit_ > announced_ && announced_ < arrived_ + window_ / 4; }
  void on_announced() { announced_ = limit_; }
  /// A smaller one takes hold little by little: of what is consumed a share is not granted anew, so that the sender
  /// meanwhile runs at nearly the receiver's rate instead of standing still. Credit once given is never taken back.
  void set_window(std::uint64_t window) {
    window_ = window;
    limit_ = std::max(limit_, consumed_ + window);
  }
  std::uint64_t consumed() const { return consumed_; }
  std::uint64_t window() const { return window_; }
  /// What is to be announced beyond consumed(): the window, or more while a smaller one takes hold.
  std::uint64_t granted() const { return limit_ - consumed_; }

 private:
  static constexpr std::uint64_t kShrinkShare = 64;
  std::uint64_t window_;
  std::uint64_t arrived_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t limit_;  // What may be announced.
  std::uint64_t announced_;
};

}  // namespace penstock::channel
