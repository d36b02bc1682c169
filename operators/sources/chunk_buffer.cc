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
  const std::size_t held = end_ - begin_;
  if (held + wanted > capacity_) {
    const std::size_t capacity = std::max(held + wanted, capacity_ * 2);
    std::unique_ptr<char, Free> grown(static_cast<char*>(::operator new(capacity + kPadding, kAlignment)));
    if (held > 0) std::memcpy(grown.get(), data_.get() + begin_, held);
    std::memset(grown.get() + capacity, 0, kPadding);
    data_ = std::move(grown);
    capacity_ = capacity;
  } else if (begin_ > 0) {
    std::memmove(data_.get(), data_.get() + begin_, held);
  }
  begin_ = 0;
  end_ = held;
  return data_.get() + end_;
}

void ChunkBuffer::release() {
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace penstock::operators
