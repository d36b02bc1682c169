#include "runtime/channel/in_channel.h"

#include <algorithm>

#include "runtime/base/clock.h"

namespace penstock::channel {

using record::Frame;
using record::FrameKind;

InChannel::InChannel(ChannelKey key, record::FramePool& pool, FrameRoute& back, std::uint64_t window)
    : key_(key), pool_(&pool), back_(&back), meter_(window), shown_window_(window) {}

std::optional<ArrivalFault> InChannel::arrive(Frame* frame) {
  if (frame->header.attempt != key_.attempt) return ArrivalFault::kAttempt;
  if (frame->header.sequence > expected_) return ArrivalFault::kGap;
  if (frame->header.sequence < expected_) return ArrivalFault::kRepeat;
  ++expected_;
  if (frame->header.kind == FrameKind::kData) meter_.on_arrived(charge(frame->header.payload_bytes, key_.remote));
  if (replaces_latest(frame->header))
    record::FramePool::give_back(frame);
  else
    queue_.push(frame);
  return std::nullopt;
}

/// Control items need no credit, so a receiver that has stopped must not pile them up: a newer watermark takes the
/// place of the one that waits, as at the sender. The frame in front is left alone: it may be at work.
bool InChannel::replaces_latest(const record::FrameHeader& header) {
  if (queue_.size() < 2) return false;
  record::FrameHeader& latest = queue_.back()->header;
  const bool newer =
      header.kind == FrameKind::kWatermark && (latest.kind == FrameKind::kWatermark || latest.kind == FrameKind::kData);
  const bool again = header.kind == FrameKind::kIdle && latest.kind == FrameKind::kIdle;
  if (newer || again) latest.value = header.value;
  return newer || again;
}

void InChannel::consumed() {
  Frame* frame = queue_.pop();
  if (frame->header.kind == FrameKind::kData) {
    meter_.on_consumed(charge(frame->header.payload_bytes, key_.remote));
    shown_consumed_.store(meter_.consumed(), std::memory_order_relaxed);
  }
  record::FramePool::give_back(frame);
  if (!closed_ && (every_frame_ || should_announce())) announce_credit();
}

bool InChannel::should_announce() {
  if (meter_.should_announce()) return true;
  if (!meter_.sender_may_wait()) return false;
  const base::Micros now = base::steady_now();
  if (now - announced_at_ < kAnnounceEvery) return false;
  announced_at_ = now;
  return true;
}

void InChannel::announce_credit() {
  announce(static_cast<std::uint32_t>(std::min<std::uint64_t>(meter_.granted(), record::kNoMoreRows - 1)));
  meter_.on_announced();
}

void InChannel::close() {
  if (closed_) return;
  closed_ = true;
  announce(record::kNoMoreRows);
}

void InChannel::set_window(std::uint64_t bytes) {
  if (closed_ || bytes == meter_.window()) return;
  meter_.set_window(bytes);
  shown_window_.store(bytes, std::memory_order_relaxed);
  announce_credit();
}

void InChannel::announce(std::uint32_t window) {
  Frame* credit = pool_->take(0);
  credit->header.kind = FrameKind::kCredit;
  credit->header.job = key_.job;
  credit->header.attempt = key_.attempt;
  credit->header.channel = key_.channel;
  credit->header.sequence = credits_sent_++;
  credit->header.value = static_cast<std::int64_t>(meter_.consumed());
  credit->header.rows = window;
  back_->deliver(credit);
}

}  // namespace penstock::channel
