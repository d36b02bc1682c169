#include "runtime/channel/in_channel.h"

#include "runtime/base/limits.h"

namespace penstock::channel {

using record::Frame;

InChannel::InChannel(ChannelKey key, record::FramePool& pool, FrameRoute& back, std::uint64_t window)
    : key_(key), pool_(&pool), back_(&back), meter_(window) {}

std::optional<ArrivalFault> InChannel::arrive(Frame* frame) {
  if (frame->header.attempt != key_.attempt) return ArrivalFault::kAttempt;
  if (frame->header.sequence > expected_) return ArrivalFault::kGap;
  if (frame->header.sequence < expected_) return ArrivalFault::kRepeat;
  ++expected_;
  queue_.push(frame);
  return std::nullopt;
}

void InChannel::consumed() {
  Frame* frame = queue_.pop();
  meter_.on_consumed(frame->header.kind == record::FrameKind::kData ? frame->header.payload_bytes : 0);
  record::FramePool::give_back(frame);
  if (closed_ || !meter_.should_announce()) return;
  meter_.on_announced();
  announce(static_cast<std::uint32_t>(meter_.window()));
}

void InChannel::close() {
  if (closed_) return;
  closed_ = true;
  announce(record::kNoMoreRows);
}

void InChannel::announce(std::uint32_t window) {
  Frame* credit = pool_->take(0);
  credit->header.kind = record::FrameKind::kCredit;
  credit->header.job = key_.job;
  credit->header.attempt = key_.attempt;
  credit->header.channel = key_.channel;
  credit->header.sequence = credits_sent_++;
  credit->header.value = static_cast<std::int64_t>(meter_.consumed());
  credit->header.rows = window;
  back_->deliver(credit);
}

}  // namespace penstock::channel
