/// Text of rows that may only be written when the checkpoint of their barrier is complete (at most once): in memory, so
/// that a failure loses it. THREAD: the executor's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace penstock::operators {

class KeptRows {
 public:
  explicit KeptRows(bool in_use) : in_use_(in_use) {}
  bool in_use() const { return in_use_; }
  std::string& segment() { return segment_; }  ///< Of the rows behind the latest barrier.
  void close(std::uint64_t epoch) {
    if (!segment_.empty()) closed_.emplace_back(epoch, std::exchange(segment_, {}));
  }
  /// Appends what was closed up to `epoch`; true: there was something.
  bool release(std::uint64_t epoch, std::string& out) {
    bool any = false;
    for (; !closed_.empty() && closed_.front().first <= epoch; closed_.pop_front(), any = true)
      out += closed_.front().second;
    return any;
  }
  void clear() {
    segment_.clear();
    closed_.clear();
  }

 private:
  bool in_use_;
  std::string segment_;
  std::deque<std::pair<std::uint64_t, std::string>> closed_;
};

}  // namespace penstock::operators
