#include "tests/hostile/attack.h"

namespace penstock::hostile {
namespace {

constexpr int kExchanges = 10;

/// The longest of some exchanges; -1: one was not served.
base::Micros slowest(Target& target) {
  base::Micros worst = 0;
  for (int i = 0; i < kExchanges; ++i) {
    const base::Micros took = target.served();
    if (took < 0) return -1;
    worst = std::max(worst, took);
  }
  return worst;
}

}  // namespace

RawPeer& Arena::agreed() {
  RawPeer& one = peer();
  const std::string own = greeting("NULL") + ready(target->peer_type());
  one.say(own);
  constexpr std::size_t kGreeting = 64;
  one.hear(kGreeting + 2);  // A server without keys says READY; one with keys hangs up.
  return one;
}

void expect_served_during(Target& target, const std::function<void(Arena&)>& begin) {
  ASSERT_GE(target.served(), 0) << "before the attack";
  {
    Arena arena(target);
    begin(arena);
    const base::Micros old_one = slowest(target), newcomer = target.newcomer_served();
    EXPECT_GE(old_one, 0) << "the honest peer is starved";
    EXPECT_GE(newcomer, 0) << "an honest peer cannot connect";
    EXPECT_LT(old_one, kBound);
    EXPECT_LT(newcomer, kBound);
    testing::Test::RecordProperty("slowest_us", std::to_string(old_one));
    testing::Test::RecordProperty("newcomer_us", std::to_string(newcomer));
  }
  EXPECT_GE(target.served(), 0) << "after the attack";
}

}  // namespace penstock::hostile
