/// Virtual time: what happens when, in one thread. Events of the same moment happen in the order in which they were
/// planned.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"

namespace penstock::sim {

class EventQueue {
 public:
  base::Micros now() const { return now_; }
  void after(base::Micros delay, std::function<void()> event) {
    queue_.push({now_ + delay, planned_++, std::move(event)});
  }
  void run_until(base::Micros end) {
    while (!queue_.empty() && queue_.top().at <= end) {
      Planned next = queue_.top();
      queue_.pop();
      now_ = next.at;
      next.event();
    }
    now_ = end;
  }

 private:
  struct Planned {
    base::Micros at;
    std::uint64_t order;
    std::function<void()> event;
    bool operator<(const Planned& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  std::priority_queue<Planned> queue_;
  base::Micros now_ = 1'000'000;
  std::uint64_t planned_ = 0;
};

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[next() % choices.size()];
  }

 private:
  std::uint64_t state_;
};

}  // namespace penstock::sim
