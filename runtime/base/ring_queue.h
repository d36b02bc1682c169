/// A first-in first-out queue in one growing ring: keeps its memory, so that steady state allocates nothing.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace penstock::base {

template <class T>
class RingQueue {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  T& front() { return ring_[head_]; }
  T& back() { return ring_[(head_ + count_ - 1) & (ring_.size() - 1)]; }
  void push(T value) {
    if (count_ == ring_.size()) grow();
    ring_[(head_ + count_++) & (ring_.size() - 1)] = std::move(value);
  }
  T pop() {
    T value = std::move(ring_[head_]);
    head_ = (head_ + 1) & (ring_.size() - 1);
    --count_;
    return value;
  }

 private:
  void grow() {
    std::vector<T> larger(ring_.empty() ? 16 : ring_.size() * 2);
    for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(ring_[(head_ + i) & (ring_.size() - 1)]);
    ring_ = std::move(larger);
    head_ = 0;
  }
  std::vector<T> ring_;  // The size is a power of two.
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace penstock::base
