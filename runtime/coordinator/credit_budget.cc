#include "runtime/coordinator/credit_budget.h"

#include <algorithm>
#include <cmath>

namespace penstock::coordinator {
namespace {

constexpr std::size_t kSamples = 8;  // More than a second of heartbeats.
constexpr double kGrowAbove = 1.25;
constexpr double kShrinkBelow = 0.7;
constexpr double kShrinkStep = 0.875;
constexpr double kGrowStep = 4;
constexpr double kLongestWay = 1e6;
constexpr std::uint64_t kGrain = 4096;  // Windows are multiples: a smaller change is not worth a message.

}  // namespace

std::uint64_t window_limit(std::uint64_t memory_bytes, std::size_t channels) {
  const std::uint64_t share = memory_bytes / 2 / std::max<std::size_t>(channels, 1);
  return std::clamp(share / kGrain * kGrain, kLeastWindow, kMostWindow);
}

std::uint64_t first_window(std::uint64_t limit) { return std::min(limit, kFirstWindow); }

std::uint64_t ChannelTuner::on_sample(const ChannelSample& sample, std::uint64_t limit) {
  limit = std::max(limit, kLeastWindow);
  measure(sample);
  const auto now = static_cast<double>(window_);
  double wanted = now;
  if (rate_ > 0) {
    const double best = target();
    if (best > now * kGrowAbove) wanted = std::min(best, now * kGrowStep);
    if (best < now * kShrinkBelow) wanted = std::max(best, now * kShrinkStep);
  }
  const auto grains = static_cast<std::uint64_t>(std::llround(wanted / static_cast<double>(kGrain)));
  window_ = std::clamp(grains * kGrain, kLeastWindow, limit);
  return window_;
}

void ChannelTuner::measure(const ChannelSample& sample) {
  rate_ = 0;
  starved_ = false;
  if (!samples_.empty()) {
    const ChannelSample& last = samples_.back();
    if (sample.at > last.at && sample.consumed_bytes >= last.consumed_bytes)
      rate_ = static_cast<double>(sample.consumed_bytes - last.consumed_bytes) * 1e6 /
              static_cast<double>(sample.at - last.at);
    starved_ = sample.credit_waits > last.credit_waits && sample.waiting_bytes && *sample.waiting_bytes < window_ / 8;
  }
  samples_.push_back(sample);
  if (samples_.size() > kSamples) samples_.pop_front();
}

double ChannelTuner::target() const {
  double shortest = kLongestWay;
  double waiting = 0;
  bool tells_waiting = true;
  for (const ChannelSample& sample : samples_) {
    if (sample.round_trip_us > 0) shortest = std::min(shortest, static_cast<double>(sample.round_trip_us));
    waiting += static_cast<double>(sample.waiting_bytes.value_or(0)) / static_cast<double>(samples_.size());
    tells_waiting = tells_waiting && sample.waiting_bytes.has_value();
  }
  if (samples_.back().round_trip_us == 0) shortest = 0;
  const double most = tells_waiting ? kLongestWay : static_cast<double>(kInFlightGoal);
  // A sender that never waits hears of credit only once half a window has been consumed: that is no way either.
  const bool waits = samples_.back().credit_waits > samples_.front().credit_waits;
  const double held_back = waits ? waiting : static_cast<double>(window_) / 2;
  const double bare = std::clamp(shortest - held_back * 1e6 / rate_, 0.0, most);
  const double goal = rate_ * (static_cast<double>(kInFlightGoal) + (waits ? 1 : 2) * bare) / 1e6;
  if (!starved_) return goal;
  const double useful = rate_ * (static_cast<double>(kInFlightGoal) + 4 * shortest) / 1e6;
  return std::max(goal, std::min(2 * static_cast<double>(window_), useful));
}

}  // namespace penstock::coordinator
