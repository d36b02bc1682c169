#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "proto/messages.h"
#include "tests/hostile/attack.h"

namespace penstock::hostile {
namespace {

/// As many as the process may have open, both ends being in it, with much room left.
int a_crowd(int wanted) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  return std::min(wanted, static_cast<int>(files.rlim_cur / 4));
}

std::string list_jobs() {
  proto::Envelope message;
  message.mutable_request()->set_id(1);
  message.mutable_request()->mutable_list_jobs();
  return proto::encode(message);
}

/// One byte each 10 ms: that is the attack, nothing waits for it.
void drip(RawPeer& peer, const std::string& bytes, const std::atomic<bool>& stop) {
  for (const char byte : bytes) {
    if (stop) return;
    peer.say({&byte, 1});
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

std::vector<Attack> crowd_attacks() {
  return {
      {"ACrowdThatSaysNothing",
       [](Arena& arena) {
         for (int i = a_crowd(2'000); i > 0; --i) arena.peer();
       }},
      {"ACrowdThatGreets",
       [](Arena& arena) {
         for (int i = a_crowd(1'000); i > 0; --i) arena.says(greeting("NULL"));
       }},
      {"ACrowdThatGreetsWithCurve",
       [](Arena& arena) {
         for (int i = a_crowd(1'000); i > 0; --i) arena.says(greeting("CURVE") + command("HELLO", noise(194)));
       }},
      {"ACrowdThatHasAgreed",
       [](Arena& arena) {
         for (int i = a_crowd(1'000); i > 0; --i) arena.says(greeting("NULL") + ready(arena.target->peer_type()));
       }},
      {"AStormOfConnections",
       [](Arena& arena) { arena.keep_doing([port = arena.target->port()] { RawPeer once(port); }); }},
      {"AStormOfResets",
       [](Arena& arena) { arena.keep_doing([port = arena.target->port()] { RawPeer(port).reset(); }); }},
      {"AStormOfHandshakes",
       [](Arena& arena) {
         arena.keep_doing([port = arena.target->port(), type = arena.target->peer_type()] {
           RawPeer once(port);
           once.say(greeting("NULL") + ready(type));
           once.hear(70, 20);
         });
       }},
      {"AFloodOfMessages",
       [](Arena& arena) {
         RawPeer& peer = arena.agreed();
         std::string many;
         for (int i = 0; i < 1'000; ++i) many += frame(noise(100, static_cast<unsigned>(i)));
         arena.keep_doing([&peer, many] { peer.say(many); });
       }},
      {"AFloodOfRequests",
       [](Arena& arena) {
         RawPeer& peer = arena.agreed();
         std::string many;
         for (int i = 0; i < 1'000; ++i) many += frame(list_jobs());
         arena.keep_doing([&peer, many] {
           peer.say(many);
           peer.hear(1 << 16, 1);
         });
       }},
      {"AFloodFromMany",
       [](Arena& arena) {
         for (int i = 0; i < 16; ++i) {
           RawPeer& peer = arena.agreed();
           if (i < 4) arena.keep_doing([&peer] { peer.say(frame(list_jobs())); });
         }
       }},
      {"AsksAndNeverReads",
       [](Arena& arena) {
         RawPeer& peer = arena.agreed();
         for (int i = 0; i < 20'000; ++i)
           if (peer.say(frame(list_jobs())) == 0) break;
       }},
      {"AGreetingByteByByte",
       [](Arena& arena) {
         RawPeer& peer = arena.peer();
         arena.busy.emplace_back([&arena, &peer] { drip(peer, greeting("NULL") + ready("DEALER"), arena.stop); });
       }},
      {"AMessageByteByByte",
       [](Arena& arena) {
         for (int i = 0; i < 8; ++i) {
           RawPeer& peer = arena.agreed();
           arena.busy.emplace_back([&arena, &peer] { drip(peer, frame(noise(5'000)), arena.stop); });
         }
       }},
      {"ManyWhoAgreeAndLeaveInTheMiddle",
       [](Arena& arena) {
         arena.keep_doing([port = arena.target->port(), type = arena.target->peer_type()] {
           RawPeer once(port);
           once.say(greeting("NULL") + ready(type) + frame("part", 1));
         });
       }},
  };
}

}  // namespace penstock::hostile
