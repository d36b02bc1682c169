#include "runtime/state/record_arena.h"

#include <algorithm>
#include <cstring>

namespace penstock::state {
namespace {
constexpr std::size_t kFirstChunkBytes = 4 << 10;
constexpr std::size_t kLargestChunkBytes = 1 << 20;
}  // namespace

void RecordArena::next_chunk(std::size_t at_least) {
  used_before_ += chunk_bytes_ - left_;
  while (next_ < chunks_.size() && chunks_[next_].bytes < at_least) ++next_;
  if (next_ == chunks_.size()) {
    const std::size_t grown = chunks_.empty() ? kFirstChunkBytes : chunks_.back().bytes * 2;
    const std::size_t bytes = std::max(at_least, std::min(grown, kLargestChunkBytes));
    chunks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[bytes]), bytes});
  }
  at_ = chunks_[next_].data.get();
  left_ = chunk_bytes_ = chunks_[next_].bytes;
  ++next_;
}

void RecordArena::release(std::byte* record, std::size_t bytes) {
  const std::size_t words = bytes / 8;
  if (words >= free_.size()) free_.resize(words + 1, nullptr);
  std::memcpy(record, &free_[words], sizeof(std::byte*));
  free_[words] = record;
  freed_ += bytes;
}

std::byte* RecordArena::reuse(std::size_t words) {
  std::byte* record = free_[words];
  freed_ -= words * 8;
  std::memcpy(&free_[words], record, sizeof(std::byte*));
  return record;
}

void RecordArena::reset() {
  next_ = 0;
  at_ = nullptr;
  left_ = chunk_bytes_ = used_before_ = freed_ = 0;
  std::fill(free_.begin(), free_.end(), nullptr);
}

}  // namespace penstock::state
