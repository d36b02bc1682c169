/// A frame: a header and rows, or a control item. The header's bytes are specified in proto/WIRE.md and pinned by
/// tests. Inside a process frames travel as handles, and go back to the pool of the executor that made them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/limits.h"

namespace penstock::record {

enum class FrameKind : std::uint8_t {
  kData = 1,       ///< Rows; `value` is the channel's watermark behind them.
  kWatermark = 2,  ///< `value` is the watermark.
  kIdle = 3,       ///< The channel is idle: do not wait for its watermark.
  kBarrier = 4,    ///< `value` is the epoch.
  kDrained = 5,    ///< No more rows will come; barriers may.
  kEnd = 6,        ///< The last frame of the channel.
  kCredit = 7,     ///< Receiver to sender: `value` is the bytes consumed so far, `rows` the window in bytes.
};
constexpr std::uint32_t kNoMoreRows = 0xffffffff;  ///< `rows` of a credit: the receiver wants no more rows at all.

struct FrameHeader {
  FrameKind kind = FrameKind::kData;
  std::uint32_t job = 0;
  std::uint32_t attempt = 0;
  std::uint32_t channel = 0;
  std::uint64_t sequence = 0;  ///< Dense per channel and direction within an attempt, from 0.
  std::uint32_t rows = 0;
  std::uint32_t payload_bytes = 0;
  std::int64_t value = base::kNoTime;
};

constexpr std::uint8_t kWireVersion = 1;
constexpr std::size_t kHeaderBytes = 48;

using HeaderBytes = std::array<std::byte, kHeaderBytes>;
/// The header as it travels, with the CRC-32C of header and payload.
HeaderBytes encode_header(const FrameHeader& header, std::span<const std::byte> payload);

enum class FrameFault : std::uint8_t { kShort, kVersion, kKind, kLength, kChecksum };
/// The header of a whole message (header and payload), or what is wrong with it.
std::optional<FrameFault> decode_header(std::span<const std::byte> message, FrameHeader& header);

class FramePool;

/// Memory of one frame: a piece of its block's, or its own where a row is larger.
class Payload {
 public:
  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }  ///< The capacity; header.payload_bytes are in use.
  void lend(std::byte* piece, std::size_t bytes) {
    own_.reset();
    data_ = piece;
    size_ = bytes;
  }
  void make_own(std::size_t bytes) {
    own_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    data_ = own_.get();
    size_ = bytes;
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::unique_ptr<std::byte[]> own_;
};

struct Frame {
  FrameHeader header;
  Payload payload;
  std::byte* piece = nullptr;  ///< Of the block's memory, as long as the pool's pieces are.
  FramePool* home = nullptr;
  bool columns = false;      ///< The payload is what column_frame.h says, not rows of bytes. Never leaves the process.
  bool may_be_late = false;  ///< With columns: that of the runs which were written (Rows::may_be_late).
  Frame* next = nullptr;     ///< Link of the pool's return list.
  /// Released by the sender and acquired by the receiver of a handle, so that the hand-over does not rest on what
  /// libzmq does inside.
  std::atomic<std::uint32_t> handed_over{0};

  std::span<const std::byte> bytes() const { return {payload.data(), header.payload_bytes}; }
};

/// Frames of one executor. take() is for its thread only; give_back() may be called by any thread, without a lock.
/// All frames live as long as the pool, wherever they are.
class FramePool {
 public:
  ~FramePool();
  FramePool() = default;
  /// Pieces of this size instead of base::kFramePayloadBytes. A larger buffer of a frame's own is kept for its next use
  /// up to `kept_bytes`.
  FramePool(std::size_t piece_bytes, std::size_t kept_bytes) : piece_bytes_(piece_bytes), kept_bytes_(kept_bytes) {}
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

  Frame* take(std::size_t payload_capacity);
  static void give_back(Frame* frame);
  std::size_t made() const { return made_; }                ///< Frames ever made: flat in steady state.
  std::size_t out() const { return made_ - free_.size(); }  ///< Taken, and not yet seen to be back.

 private:
  static constexpr std::size_t kFirstBlock = 16;
  const std::size_t piece_bytes_ = base::kFramePayloadBytes;
  const std::size_t kept_bytes_ = 4 * base::kFramePayloadBytes;
  struct Block {
    std::unique_ptr<Frame[]> frames;
    std::unique_ptr<std::byte[]> memory;  // Left as it is: the system gives pages when they are first written.
  };
  void add_block();
  void collect_returned();
  std::vector<Block> blocks_;  // Each as large as all before it, so that growing is soon over.
  std::size_t made_ = 0;
  std::vector<Frame*> free_;
  std::atomic<Frame*> returned_{nullptr};
};

}  // namespace penstock::record
