#include "runtime/record/frame.h"

#include <algorithm>
#include <bit>

#include "runtime/base/crc32c.h"
#include "runtime/record/row_head.h"

namespace penstock::record {

static_assert(std::endian::native == std::endian::little, "row and frame codecs assume a little-endian machine");

HeaderBytes encode_header(const FrameHeader& header, std::span<const std::byte> payload) {
  HeaderBytes bytes{};
  store(bytes.data(), kWireVersion);
  store(bytes.data() + 1, static_cast<std::uint8_t>(header.kind));
  store(bytes.data() + 4, header.payload_bytes);
  store(bytes.data() + 8, header.sequence);
  store(bytes.data() + 16, header.job);
  store(bytes.data() + 20, header.attempt);
  store(bytes.data() + 24, header.channel);
  store(bytes.data() + 28, header.rows);
  store(bytes.data() + 32, header.value);
  const std::uint32_t crc = base::crc32c(payload.data(), payload.size(), base::crc32c(bytes.data(), 44));
  store(bytes.data() + 44, crc);
  return bytes;
}

std::optional<FrameFault> decode_header(std::span<const std::byte> message, FrameHeader& header) {
  if (message.size() < kHeaderBytes) return FrameFault::kShort;
  const std::byte* at = message.data();
  if (load<std::uint8_t>(at) != kWireVersion) return FrameFault::kVersion;
  const auto kind = load<std::uint8_t>(at + 1);
  if (kind < static_cast<std::uint8_t>(FrameKind::kData) || kind > static_cast<std::uint8_t>(FrameKind::kCredit))
    return FrameFault::kKind;
  header.kind = static_cast<FrameKind>(kind);
  header.payload_bytes = load<std::uint32_t>(at + 4);
  if (header.payload_bytes != message.size() - kHeaderBytes) return FrameFault::kLength;
  header.sequence = load<std::uint64_t>(at + 8);
  header.job = load<std::uint32_t>(at + 16);
  header.attempt = load<std::uint32_t>(at + 20);
  header.channel = load<std::uint32_t>(at + 24);
  header.rows = load<std::uint32_t>(at + 28);
  header.value = load<std::int64_t>(at + 32);
  const std::uint32_t crc = base::crc32c(at + kHeaderBytes, header.payload_bytes, base::crc32c(at, 44));
  if (crc != load<std::uint32_t>(at + 44)) return FrameFault::kChecksum;
  return std::nullopt;
}

FramePool::~FramePool() = default;

void FramePool::add_block() {
  const std::size_t count = std::max(made_, kFirstBlock);
  made_ += count;
  free_.reserve(made_);
  Block& block = blocks_.emplace_back();
  block.frames = std::make_unique<Frame[]>(count);
  block.memory = std::make_unique_for_overwrite<std::byte[]>(count * piece_bytes_);
  for (std::size_t i = 0; i < count; ++i) {
    Frame& frame = block.frames[i];
    frame.home = this;
    frame.piece = block.memory.get() + i * piece_bytes_;
    frame.payload.lend(frame.piece, piece_bytes_);
    free_.push_back(&frame);
  }
}

Frame* FramePool::take(std::size_t payload_capacity) {
  if (free_.empty()) collect_returned();
  if (free_.empty()) {
    add_block();
  }
  Frame* frame = free_.back();
  free_.pop_back();
  frame->header = FrameHeader{};
  frame->columns = false;
  frame->may_be_late = false;
  if (frame->payload.size() < payload_capacity) frame->payload.make_own(payload_capacity);
  return frame;
}

void FramePool::give_back(Frame* frame) {
  FramePool* home = frame->home;
  // An oversized row's frame does not stay in the pool at that size.
  if (frame->payload.size() > home->kept_bytes_) frame->payload.lend(frame->piece, home->piece_bytes_);
  Frame* head = home->returned_.load(std::memory_order_relaxed);
  do {
    frame->next = head;
  } while (!home->returned_.compare_exchange_weak(head, frame, std::memory_order_release, std::memory_order_relaxed));
}

void FramePool::collect_returned() {
  // The owner takes the whole list at once, so there is no ABA problem.
  for (Frame* frame = returned_.exchange(nullptr, std::memory_order_acquire); frame != nullptr; frame = frame->next)
    free_.push_back(frame);
}

}  // namespace penstock::record
