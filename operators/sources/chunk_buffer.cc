#include "operators/sources/chunk_buffer.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace penstock::operators {
namespace {
constexpr std::align_val_t kAlignment{64};
}

void ChunkBuffer::Free::operator()(char* data) const { ::operator delete(data, kAlignment); }

char* ChunkBuffer::room(std::size_t wanted) {
  const std::size_t kept = behind().size();
  const std::size_t first = begin_ - kept;
  const std::size_t held = end_ - first;
  if (held + wanted > capacity_) {
    const std::size_t capacity = std::max(kKept + held + wanted, capacity_ * 2);
    std::unique_ptr<char, Free> grown(static_cast<char*>(::operator new(capacity + kPadding, kAlignment)));
    if (held > 0) std::memcpy(grown.get(), data_.get() + first, held);
    std::memset(grown.get() + capacity, 0, kPadding);
    data_ = std::move(grown);
    capacity_ = capacity;
  } else if (first > 0) {
    std::memmove(data_.get(), data_.get() + first, held);
  }
  begin_ = kept;
  end_ = held;
  return data_.get() + end_;
}

void ChunkBuffer::put_behind(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
  begin_ = end_ = end_ + bytes.size();
}

void ChunkBuffer::release() {
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace penstock::operators
