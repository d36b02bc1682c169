/// Sender's end of one channel: gathers rows into a frame, queues frames that have no credit yet, keeps control items
/// in order. Never blocks and never drops: a channel without credit says so through blocked(). THREAD: the sending
/// executor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/base/limits.h"
#include "runtime/base/ring_queue.h"
#include "runtime/channel/credit.h"
#include "runtime/record/column_frame.h"
#include "runtime/record/frame.h"

namespace penstock::channel {

/// Where shipped frames go: the inbox of another executor, or straight to a channel of the same one.
class FrameRoute {
 public:
  virtual ~FrameRoute() = default;
  virtual void deliver(record::Frame* frame) = 0;  ///< Takes the frame over.
};

struct ChannelKey {
  std::uint32_t job = 0;
  std::uint32_t attempt = 0;
  std::uint32_t channel = 0;
  bool remote = false;  ///< The other end is in another process.
};

class OutChannel {
 public:
  OutChannel(ChannelKey key, record::FramePool& pool, FrameRoute& route, std::uint64_t window);

  /// Room for one row of `bytes`; the row is part of the stream at once. Valid until ship().
  std::byte* reserve(std::size_t bytes) {
    if (open_ == nullptr || open_->columns || open_->header.rows >= base::kFrameRows ||
        open_->header.payload_bytes + bytes > base::kFramePayloadBytes)
      open_frame(bytes);
    std::byte* place = open_->payload.data() + open_->header.payload_bytes;
    open_->header.payload_bytes += static_cast<std::uint32_t>(bytes);
    ++open_->header.rows;
    return place;
  }
  struct Block {
    std::byte* payload = nullptr;
    std::uint32_t first = 0;  ///< Row of the frame at which the block begins.
    std::uint32_t rows = 0;
  };
  /// Room for up to `rows` rows, at least for one, in a frame of columns. `late`: Rows::may_be_late. Otherwise as
  /// reserve().
  Block reserve_columns(std::uint32_t rows, const record::ColumnFrames& frames, bool late) {
    if (open_ == nullptr || !open_->columns || open_->header.rows >= base::kFrameRows) {
      open_frame(frames.payload_bytes());
      open_->columns = true;
    }
    open_->may_be_late = open_->may_be_late || late;
    record::FrameHeader& header = open_->header;
    const std::uint32_t first = header.rows;
    const std::uint32_t granted = std::min(rows, base::kFrameRows - first);
    header.rows += granted;
    header.payload_bytes += static_cast<std::uint32_t>(granted * frames.row_bytes());
    return {open_->payload.data(), first, granted};
  }
  /// Sends frames that reserve() has filled, as far as credit allows; the open one stays open.
  void send_full_frames() {
    if (!queue_.empty()) pump();
  }
  /// Sends what has been gathered, as far as credit allows. The rest waits here.
  void ship();
  /// A watermark rides on the frame before it where there is one; else it is sent by ship(), at most once a millisecond
  /// on a channel without data (`now`: any steady microseconds).
  void watermark(base::Micros value, base::Micros now);
  void idle();                        ///< Do not wait for this channel's watermark.
  void barrier(std::uint64_t epoch);  ///< Behind all rows so far. Ships everything before it.
  void drained();                     ///< No more rows will come; barriers may. Ships everything before it.
  void end();                         ///< The last frame. Ships everything before it.

  base::Result<void> on_credit(const record::FrameHeader& credit);

  bool blocked() const { return !queue_.empty(); }  ///< Frames wait for credit: stop feeding this channel.
  /// Of what was written, not all is known to be consumed. Of use where the receiver announces every frame.
  bool under_way() const { return !closed_ && (open_ != nullptr || blocked() || ledger_.in_flight() > 0); }
  bool closed() const { return closed_; }  ///< The receiver wants no more rows; what is written is dropped.
  bool ended() const { return ended_ && queue_.empty(); }
  base::Micros due() const { return watermark_waits_ ? last_watermark_at_ + kWatermarkEvery : base::kEndOfTime; }
  void ship_due(base::Micros now);  ///< Sends a watermark that has waited its millisecond.
  /// Bytes that wait here or are not yet known to be consumed, as of the latest ship(). From any thread.
  std::uint64_t shown_bytes() const { return shown_bytes_.load(std::memory_order_relaxed); }
  /// How often frames had to wait for credit, and how long the newest credit took to come back. From any thread.
  std::uint64_t credit_waits() const { return credit_waits_.load(std::memory_order_relaxed); }
  std::uint32_t round_trip_us() const { return round_trip_us_.load(std::memory_order_relaxed); }
  std::uint32_t id() const { return key_.channel; }

 private:
  /// One frame at a time is timed from its sending to the credit that covers it.
  struct Probe {
    std::uint64_t covers = 0;  // Total sent, that frame included; 0: none is on its way.
    base::Micros sent_at = 0;
  };
  void time_frame();
  void end_probe();
  static constexpr base::Micros kWatermarkEvery = 1000;
  void open_frame(std::size_t bytes);  ///< A new one with room for a row of `bytes`; closes the one before.
  void close_frame();
  void enqueue(record::Frame* frame);
  record::Frame* control(record::FrameKind kind, std::int64_t value);
  void send_behind_all(record::FrameKind kind, std::int64_t value);
  void pump();

  ChannelKey key_;
  record::FramePool* pool_;
  FrameRoute* route_;
  CreditLedger ledger_;
  base::RingQueue<record::Frame*> queue_;
  record::Frame* open_ = nullptr;
  std::uint64_t sequence_ = 0;
  std::uint64_t queued_bytes_ = 0;
  std::atomic<std::uint64_t> shown_bytes_{0}, credit_waits_{0};
  std::atomic<std::uint32_t> round_trip_us_{0};
  Probe probe_;
  bool waits_for_credit_ = false;
  base::Micros watermark_ = base::kNoTime;
  base::Micros last_watermark_at_ = 0;
  bool watermark_waits_ = false;
  bool closed_ = false, ended_ = false;
};

}  // namespace penstock::channel
