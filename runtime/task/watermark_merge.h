/// The merged watermark of several channels: the least over those that are neither idle nor ended. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "runtime/base/clock.h"

namespace penstock::task {

class WatermarkMerge {
 public:
  explicit WatermarkMerge(std::size_t channels) : channels_(channels) {}

  void on_watermark(std::size_t channel, base::Micros watermark) {
    Channel& state = channels_[channel];
    state.idle = false;
    state.watermark = std::max(state.watermark, watermark);
  }
  void on_rows(std::size_t channel) { channels_[channel].idle = false; }
  void on_idle(std::size_t channel) { channels_[channel].idle = true; }
  void on_end(std::size_t channel) { channels_[channel].ended = true; }

  bool all_ended() const {
    return std::all_of(channels_.begin(), channels_.end(), [](const Channel& c) { return c.ended; });
  }
  /// Every channel that has not ended is idle (and there is one): nobody can say how time goes on.
  bool all_idle() const {
    return !all_ended() &&
           std::all_of(channels_.begin(), channels_.end(), [](const Channel& c) { return c.idle || c.ended; });
  }
  /// What the merged watermark was when a checkpoint was taken: it does not go back behind that.
  void restore(base::Micros watermark) { merged_ = std::max(merged_, watermark); }
  /// Never goes back. All idle, or finished plus idle, does not move it: that is not the end of time.
  base::Micros merged() {
    base::Micros least = base::kEndOfTime;
    for (const Channel& channel : channels_)
      if (!channel.idle && !channel.ended) least = std::min(least, channel.watermark);
    if (least != base::kEndOfTime) merged_ = std::max(merged_, least);
    return merged_;
  }

 private:
  struct Channel {
    base::Micros watermark = base::kNoTime;
    bool idle = false;
    bool ended = false;
  };
  std::vector<Channel> channels_;
  base::Micros merged_ = base::kNoTime;
};

}  // namespace penstock::task
