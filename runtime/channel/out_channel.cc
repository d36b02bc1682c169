#include "runtime/channel/out_channel.h"

#include "runtime/base/limits.h"

namespace penstock::channel {

using record::Frame;
using record::FrameKind;

OutChannel::OutChannel(ChannelKey key, record::FramePool& pool, FrameRoute& route, std::uint64_t window)
    : key_(key), pool_(&pool), route_(&route), ledger_(window) {}

void OutChannel::open_frame(std::size_t bytes) {
  if (open_ != nullptr) close_frame();
  watermark_waits_ = false;  // The new frame carries it: being newer only makes the rows before it certain earlier.
  open_ = pool_->take(bytes > base::kFramePayloadBytes ? bytes : base::kFramePayloadBytes);
  open_->header.kind = FrameKind::kData;
  open_->header.value = watermark_;
}

void OutChannel::close_frame() {
  Frame* frame = open_;
  open_ = nullptr;
  enqueue(frame);
}

void OutChannel::enqueue(Frame* frame) {
  queued_bytes_ += frame->header.payload_bytes;
  queue_.push(frame);
}

void OutChannel::ship() {
  if (open_ != nullptr) close_frame();
  pump();
  shown_bytes_.store(queued_bytes_ + ledger_.in_flight(), std::memory_order_relaxed);
}

void OutChannel::pump() {
  while (!queue_.empty()) {
    Frame* frame = queue_.front();
    const bool data = frame->header.kind == FrameKind::kData;
    if (data && !closed_ && !ledger_.may_send()) {
      if (!waits_for_credit_) credit_waits_.store(credit_waits() + 1, std::memory_order_relaxed);
      waits_for_credit_ = true;
      return;
    }
    queue_.pop();
    queued_bytes_ -= frame->header.payload_bytes;
    if (data && closed_) {
      record::FramePool::give_back(frame);
      continue;
    }
    if (data) {
      ledger_.on_sent(charge(frame->header.payload_bytes, key_.remote));
      if (probe_.covers == 0) time_frame();
    }
    frame->header.job = key_.job;
    frame->header.attempt = key_.attempt;
    frame->header.channel = key_.channel;
    frame->header.sequence = sequence_++;
    route_->deliver(frame);
  }
}

Frame* OutChannel::control(FrameKind kind, std::int64_t value) {
  Frame* frame = pool_->take(0);
  frame->header.kind = kind;
  frame->header.value = value;
  return frame;
}

void OutChannel::watermark(base::Micros value, base::Micros now) {
  watermark_ = value;
  if (open_ != nullptr) {
    open_->header.value = value;
    return;
  }
  if (!queue_.empty() &&
      (queue_.back()->header.kind == FrameKind::kData || queue_.back()->header.kind == FrameKind::kWatermark)) {
    queue_.back()->header.value = value;
    return;
  }
  watermark_waits_ = true;
  if (now - last_watermark_at_ >= kWatermarkEvery) ship_due(now);
}

void OutChannel::ship_due(base::Micros now) {
  if (!watermark_waits_ || now - last_watermark_at_ < kWatermarkEvery) return;
  watermark_waits_ = false;
  last_watermark_at_ = now;
  enqueue(control(FrameKind::kWatermark, watermark_));
  pump();
}

void OutChannel::idle() {
  if (open_ != nullptr) close_frame();
  watermark_waits_ = false;
  enqueue(control(FrameKind::kIdle, watermark_));
  pump();
}

void OutChannel::barrier(std::uint64_t epoch) {
  send_behind_all(FrameKind::kBarrier, static_cast<std::int64_t>(epoch));
}

void OutChannel::drained() { send_behind_all(FrameKind::kDrained, 0); }

void OutChannel::end() {
  if (ended_) return;
  ended_ = true;
  send_behind_all(FrameKind::kEnd, 0);
}

void OutChannel::send_behind_all(FrameKind kind, std::int64_t value) {
  if (open_ != nullptr) close_frame();
  if (watermark_waits_) {
    watermark_waits_ = false;
    enqueue(control(FrameKind::kWatermark, watermark_));
  }
  enqueue(control(kind, value));
  pump();
}

void OutChannel::time_frame() { probe_ = {ledger_.sent(), base::steady_now()}; }

void OutChannel::end_probe() {
  const base::Micros took = base::steady_now() - probe_.sent_at;
  round_trip_us_.store(static_cast<std::uint32_t>(std::clamp<base::Micros>(took, 1, UINT32_MAX)),
                       std::memory_order_relaxed);
  probe_ = {};
}

base::Result<void> OutChannel::on_credit(const record::FrameHeader& credit) {
  const auto consumed = static_cast<std::uint64_t>(credit.value);
  if (auto fine = ledger_.on_announced(consumed, credit.rows); !fine) return fine;
  if (credit.rows == record::kNoMoreRows) closed_ = true;
  waits_for_credit_ = false;
  if (probe_.covers != 0 && consumed >= probe_.covers) end_probe();
  pump();
  return {};
}

}  // namespace penstock::channel
