/// One way to be hostile, by name, and the test of it: while it goes on, and after, the honest peer is served in time.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "tests/hostile/raw_peer.h"
#include "tests/hostile/target.h"

namespace penstock::hostile {

/// Where an attack happens. What it leaves here goes on, or stays open, while the honest peer is watched.
class Arena {
 public:
  explicit Arena(Target& attacked) : target(&attacked) {}
  ~Arena() {
    stop = true;
    for (std::thread& each : busy) each.join();
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  RawPeer& peer() { return peers.emplace_back(target->port()); }
  /// A peer that has got as far as a plain handshake goes; with keys it is turned away on the way.
  RawPeer& agreed();
  RawPeer& says(std::string_view bytes) {
    RawPeer& one = peer();
    one.say(bytes);
    return one;
  }
  template <class Do>
  void keep_doing(Do what) {
    busy.emplace_back([this, what] {
      while (!stop) what();
    });
  }

  Target* target;
  std::atomic<bool> stop{false};
  std::list<RawPeer> peers;
  std::vector<std::thread> busy;
};

struct Attack {
  const char* name;
  std::function<void(Arena&)> begin;
};

inline void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

std::vector<Attack> tcp_attacks();        ///< What comes before ZMTP, or instead of it.
std::vector<Attack> handshake_attacks();  ///< Of ZMTP.
std::vector<Attack> frame_attacks();      ///< After the handshake, where that can be had without a key.
std::vector<Attack> message_attacks();    ///< Of the control protocol, some under another's name.
std::vector<Attack> crowd_attacks();      ///< Many connections, much traffic, slowness.

/// Serves the honest peer during the attack and after it.
void expect_served_during(Target& target, const std::function<void(Arena&)>& begin);

}  // namespace penstock::hostile
