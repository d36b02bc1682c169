#include "runtime/coordinator/credit_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace penstock::coordinator {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

TEST(WindowLimit, SharesHalfTheMemoryWithinBounds) {
  struct Case {
    std::uint64_t memory;
    std::size_t channels;
    std::uint64_t limit;
  };
  for (const Case& c :
       {Case{1024 * kMiB, 64, 8 * kMiB}, Case{1024 * kMiB, 128, 4 * kMiB}, Case{256 * kMiB, 128, kMiB},
        Case{64 * kMiB, 10'000, kLeastWindow}, Case{0, 0, kLeastWindow}, Case{UINT64_MAX, 1, kMostWindow}})
    EXPECT_EQ(window_limit(c.memory, c.channels), c.limit) << c.memory << " for " << c.channels;
  EXPECT_EQ(first_window(8 * kMiB), kMiB);
  EXPECT_EQ(first_window(128 * kKiB), 128 * kKiB);
}

TEST(ChannelTuner, LeavesASilentChannelAlone) {
  ChannelTuner tuner(kMiB);
  for (base::Micros at = 0; at < 10'000'000; at += 200'000)
    EXPECT_EQ(tuner.on_sample({at, 5000, 0, 100, 0}, 8 * kMiB), kMiB);
}

TEST(ChannelTuner, NeverLeavesItsBounds) {
  ChannelTuner tuner(kMiB);
  std::uint64_t consumed = 0;
  for (base::Micros at = 0; at < 20'000'000; at += 200'000) {
    consumed += at < 10'000'000 ? 4000 * kMiB : 1;
    const std::uint64_t limit = at < 5'000'000 ? 8 * kMiB : 2 * kMiB;
    const std::uint64_t window = tuner.on_sample({at, consumed, 0, 200'000, consumed}, limit);
    EXPECT_LE(window, limit);
    EXPECT_GE(window, kLeastWindow);
  }
}

TEST(ChannelTuner, SurvivesNonsense) {
  ChannelTuner tuner(kMiB);
  tuner.on_sample({1'000'000, 500, 0, 1, 5}, kMiB);
  tuner.on_sample({1'000'000, 900, 0, 1, 1}, kMiB);                    // No time has passed.
  tuner.on_sample({1'200'000, 100, UINT64_MAX, UINT32_MAX, 0}, kMiB);  // The total went back.
  tuner.on_sample({900'000, UINT64_MAX, UINT64_MAX, UINT32_MAX, 0}, 0);
  EXPECT_GE(tuner.window(), kLeastWindow);
  EXPECT_LE(tuner.window(), kMiB);
}

/// One channel in steps of 100 us: the source sends while it has credit, frames take `way` to arrive, the receiver
/// consumes at its rate and announces each half window.
class SimLink {
 public:
  SimLink(double source, double sink, base::Micros way, std::uint64_t window)
      : source_(source / 1e4), sink_(sink / 1e4), way_(way), limit_(static_cast<double>(window)), window_(window) {}

  void run(base::Micros until) {
    for (; now_ < until; now_ += 100) step();
  }
  void set_window(std::uint64_t window) { window_ = window; }
  void set_sink(double rate) { sink_ = rate / 1e4; }
  ChannelSample sample() const {
    return {now_, static_cast<std::uint64_t>(consumed_), static_cast<std::uint64_t>(arrived_ - consumed_),
            static_cast<std::uint32_t>(round_trip_), credit_waits_};
  }
  double in_flight() const { return sent_ - consumed_; }

 private:
  struct Credit {
    base::Micros at;
    double consumed, limit;
  };
  void step() {
    const double sent = std::min(source_, std::max(limit_ - sent_, 0.0));
    sent_ += sent;
    if (sent < source_ && !waits_) ++credit_waits_;
    waits_ = sent < source_;
    if (sent > 0 && probe_ < 0) probe_ = sent_, probed_at_ = now_;
    on_way_.push_back({now_ + way_, sent_, 0});
    while (!on_way_.empty() && on_way_.front().at <= now_) arrived_ = on_way_.front().consumed, on_way_.pop_front();
    consumed_ = std::min(arrived_, consumed_ + sink_);
    const double limit = consumed_ + static_cast<double>(window_);
    if (limit >= announced_ + static_cast<double>(window_) / 2) {
      announced_ = limit;
      credits_.push_back({now_ + way_, consumed_, limit});
    }
    while (!credits_.empty() && credits_.front().at <= now_) {
      limit_ = std::max(limit_, credits_.front().limit);
      if (probe_ >= 0 && credits_.front().consumed >= probe_) round_trip_ = now_ - probed_at_, probe_ = -1;
      credits_.pop_front();
    }
  }

  double source_, sink_;  // Bytes a step.
  base::Micros way_, now_ = 0, probed_at_ = 0, round_trip_ = 0;
  double sent_ = 0, arrived_ = 0, consumed_ = 0, limit_, announced_ = limit_, probe_ = -1;
  std::uint64_t window_, credit_waits_ = 0;
  bool waits_ = false;
  std::deque<Credit> on_way_, credits_;
};

struct Course {
  const char* name;
  double source, sink;  // Bytes a second.
  base::Micros way;     // One way.
  double least_rate;    // Of the lesser of both, reached at the end.
  double most_in_flight_us;
};

class ClosedLoop : public ::testing::TestWithParam<Course> {};

TEST_P(ClosedLoop, KeepsAboutTwentyMillisecondsWorthInFlight) {
  const Course& course = GetParam();
  SimLink link(course.source, course.sink, course.way, first_window(kMostWindow));
  ChannelTuner tuner(first_window(kMostWindow));
  double in_flight = 0;
  std::uint64_t before = 0;
  constexpr base::Micros kEnd = 20'000'000;
  for (base::Micros at = 200'000; at <= kEnd; at += 200'000) {
    link.run(at);
    link.set_window(tuner.on_sample(link.sample(), kMostWindow));
    if (at == kEnd - 2'000'000) before = link.sample().consumed_bytes;
    if (at > kEnd - 2'000'000) in_flight = std::max(in_flight, link.in_flight());
  }
  const double rate = static_cast<double>(link.sample().consumed_bytes - before) / 2;
  EXPECT_GE(rate, course.least_rate * std::min(course.source, course.sink));
  EXPECT_LE(in_flight / rate * 1e6, course.most_in_flight_us) << "window " << tuner.window();
}

INSTANTIATE_TEST_SUITE_P(Links, ClosedLoop,
                         ::testing::Values(Course{"both at a hundred", 100e6, 100e6, 100, 0.98, 5'000},
                                           Course{"slow sink", 200e6, 20e6, 100, 0.98, 30'000},
                                           Course{"very slow sink", 200e6, 4e6, 100, 0.98, 30'000},
                                           Course{"slow source", 5e6, 200e6, 100, 0.98, 5'000},
                                           Course{"a long way", 50e6, 80e6, 20'000, 0.95, 60'000},
                                           Course{"a long way to a slow sink", 80e6, 20e6, 20'000, 0.95, 110'000}),
                         [](const auto& course) {
                           std::string name = course.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

TEST(ChannelTuner, GrowsFastWhenASlowSinkIsFreed) {
  SimLink link(400e6, 4e6, 100, kMiB);
  ChannelTuner tuner(kMiB);
  base::Micros at = 0;
  while (at < 10'000'000) {
    link.run(at += 200'000);
    link.set_window(tuner.on_sample(link.sample(), kMostWindow));
  }
  EXPECT_LE(tuner.window(), 256 * kKiB);
  link.set_sink(400e6);
  while (at < 11'000'000) {
    link.run(at += 200'000);
    link.set_window(tuner.on_sample(link.sample(), kMostWindow));
  }
  EXPECT_GE(tuner.window(), 4 * kMiB);
}

}  // namespace
}  // namespace penstock::coordinator
