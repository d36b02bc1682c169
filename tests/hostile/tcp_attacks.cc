#include "tests/hostile/attack.h"

namespace penstock::hostile {
namespace {

using namespace std::string_literals;

constexpr const char* kHttp = "GET / HTTP/1.1\r\nHost: penstock\r\nUser-Agent: scanner\r\nAccept: */*\r\n\r\n";
constexpr const char* kSsh = "SSH-2.0-OpenSSH_9.2p1\r\n";
const std::string kTls = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + noise(508);

}  // namespace

std::vector<Attack> tcp_attacks() {
  return {
      {"SaysNothing", [](Arena& arena) { arena.peer(); }},
      {"HangsUpAtOnce", [](Arena& arena) { arena.peer(), arena.peers.clear(); }},
      {"ResetsAtOnce", [](Arena& arena) { arena.peer().reset(); }},
      {"SpeaksHttp", [](Arena& arena) { arena.says(kHttp); }},
      {"SpeaksTls", [](Arena& arena) { arena.says(kTls); }},
      {"SpeaksSsh", [](Arena& arena) { arena.says(kSsh); }},
      {"OneByte", [](Arena& arena) { arena.says("\xff"); }},
      {"OneZero", [](Arena& arena) { arena.says("\0"s); }},
      {"Noise",
       [](Arena& arena) {
         for (unsigned seed = 0; seed < 100; ++seed) arena.says(noise(1 + seed * 37, seed));
       }},
      {"NoiseBehindASignature",
       [](Arena& arena) {
         for (unsigned seed = 0; seed < 100; ++seed) arena.says("\xff\0\0\0\0\0\0\0\1\x7f"s + noise(200, seed));
       }},
      {"AMegabyteOfNoise", [](Arena& arena) { arena.says(noise(1 << 20)); }},
      {"NoiseWithoutEnd",
       [](Arena& arena) { arena.keep_doing([port = arena.target->port()] { RawPeer(port).say(noise(1 << 16)); }); }},
      {"AMegabyteOfZeros", [](Arena& arena) { arena.says(std::string(1 << 20, '\0')); }},
      {"AMegabyteOf255", [](Arena& arena) { arena.says(std::string(1 << 20, '\xff')); }},
  };
}

std::vector<Attack> handshake_attacks() {
  return {
      {"PartOfASignature", [](Arena& arena) { arena.says("\xff\0\0\0\0"s); }},
      {"ASignatureAndNoMore", [](Arena& arena) { arena.says(greeting("NULL").substr(0, 10)); }},
      {"EveryPartOfAGreeting",
       [](Arena& arena) {
         for (std::size_t size = 1; size < 64; ++size) arena.says(greeting("NULL").substr(0, size));
       }},
      {"AGreetingAndNoMore", [](Arena& arena) { arena.says(greeting("NULL")); }},
      {"AGreetingAndAway", [](Arena& arena) { arena.says(greeting("NULL")), arena.peers.clear(); }},
      {"ACurveGreetingAndNoMore", [](Arena& arena) { arena.says(greeting("CURVE")); }},
      {"AGreetingTwice", [](Arena& arena) { arena.says(greeting("NULL") + greeting("NULL")); }},
      {"AnUnversionedPeer", [](Arena& arena) { arena.says("\x01\x00"s + frame("hello")); }},
      {"Version0", [](Arena& arena) { arena.says(greeting("NULL", 0) + ready("DEALER")); }},
      {"Version1", [](Arena& arena) { arena.says(greeting("NULL", 1) + frame("hello")); }},
      {"Version2", [](Arena& arena) { arena.says("\xff\0\0\0\0\0\0\0\1\x7f\1\5\0\0"s + frame("hello")); }},
      {"Version255", [](Arena& arena) { arena.says(greeting("NULL", '\xff', '\xff') + ready("DEALER")); }},
      {"MechanismPlain", [](Arena& arena) { arena.says(greeting("PLAIN") + command("HELLO", "\4root\4root")); }},
      {"MechanismGssapi", [](Arena& arena) { arena.says(greeting("GSSAPI") + command("INITIATE", "")); }},
      {"MechanismUnknown", [](Arena& arena) { arena.says(greeting("TELEPATHY") + ready("DEALER")); }},
      {"MechanismEmpty", [](Arena& arena) { arena.says(greeting("") + ready("DEALER")); }},
      {"MechanismWithoutEnd", [](Arena& arena) { arena.says(greeting(std::string(20, 'A')) + ready("DEALER")); }},
      {"MechanismWithRubbishBehind", [](Arena& arena) { arena.says(greeting("NULL\0rubbish"s) + ready("DEALER")); }},
      {"ClaimsToBeTheServer", [](Arena& arena) { arena.says(greeting("CURVE", 3, 0, 1) + noise(300)); }},
      {"ReadyWithoutType", [](Arena& arena) { arena.says(greeting("NULL") + command("READY", "")); }},
      {"ReadyOfAPublisher", [](Arena& arena) { arena.says(greeting("NULL") + ready("PUB")); }},
      {"ReadyOfNoKnownType", [](Arena& arena) { arena.says(greeting("NULL") + ready(std::string(10'000, 'x'))); }},
      {"ReadyWithAPropertyPastItsEnd",
       [](Arena& arena) {
         arena.says(greeting("NULL") + command("READY", "\xbSocket-Type\x7f\xff\xff\xff"s + "DEALER"));
       }},
      {"ReadyWithANegativeProperty",
       [](Arena& arena) {
         arena.says(greeting("NULL") + command("READY", "\xbSocket-Type\xff\xff\xff\xff"s + "DEALER"));
       }},
      {"ReadyWithANameThatIsCut", [](Arena& arena) { arena.says(greeting("NULL") + command("READY", "\xffSocket")); }},
      {"ReadyWithANameThatIsTooLong",
       [](Arena& arena) {
         arena.says(greeting("NULL") + ready(arena.target->peer_type(), property("Identity", std::string(300, 'i'))));
       }},
      {"ReadyWithANameThatLibzmqKeeps",
       [](Arena& arena) {
         arena.says(greeting("NULL") + ready(arena.target->peer_type(), property("Identity", "\0\0\0\0\1"s)));
       }},
      {"ReadyWithManyProperties",
       [](Arena& arena) {
         std::string many;
         for (int i = 0; i < 20'000; ++i) many += property("X-" + std::to_string(i), "y");
         arena.says(greeting("NULL") + ready(arena.target->peer_type(), many));
       }},
      {"ReadyTwice",
       [](Arena& arena) {
         arena.says(greeting("NULL") + ready(arena.target->peer_type()) + ready(arena.target->peer_type()));
       }},
      {"AMessageInsteadOfReady", [](Arena& arena) { arena.says(greeting("NULL") + frame("hello")); }},
      {"AnErrorInsteadOfReady",
       [](Arena& arena) { arena.says(greeting("NULL") + command("ERROR", "\xff" + std::string(255, 'e'))); }},
      {"AnErrorThatIsCut", [](Arena& arena) { arena.says(greeting("NULL") + command("ERROR", "\xff")); }},
      {"ACommandWithoutName", [](Arena& arena) { arena.says(greeting("NULL") + frame("", 4)); }},
      {"AnUnknownCommand", [](Arena& arena) { arena.says(greeting("NULL") + command("SURPRISE", "x")); }},
      {"AReadyOfVastLength",
       [](Arena& arena) { arena.says(greeting("NULL") + long_frame_head(~0ull, 4) + "\5READY"); }},
      {"HandshakesSaidInPieces",
       [](Arena& arena) {
         const std::string all = greeting("NULL") + ready(arena.target->peer_type());
         for (int turn = 0; turn < 3; ++turn)
           for (std::size_t cut = 1; cut < all.size(); cut += 7) arena.says(all.substr(0, cut)).say(all.substr(cut));
       }},
  };
}

std::vector<Attack> frame_attacks() {
  return {
      {"AnEmptyMessage", [](Arena& arena) { arena.agreed().say(frame("")); }},
      {"ManyEmptyMessages",
       [](Arena& arena) {
         std::string many;
         for (int i = 0; i < 50'000; ++i) many += frame("");
         arena.agreed().say(many);
       }},
      {"AMessageOfNoise",
       [](Arena& arena) {
         RawPeer& peer = arena.agreed();
         for (unsigned seed = 0; seed < 300; ++seed) peer.say(frame(noise(seed, seed)));
       }},
      {"AMessageInParts", [](Arena& arena) { arena.agreed().say(frame("a", 1) + frame("", 1) + frame("c")); }},
      {"AMessageOfVeryManyParts",
       [](Arena& arena) {
         std::string parts;
         for (int i = 0; i < 200'000; ++i) parts += frame("x", 1);
         arena.agreed().say(parts + frame("end"));
       }},
      {"AMessageWhosePartsNeverEnd",
       [](Arena& arena) {
         RawPeer& peer = arena.agreed();
         for (int i = 0; i < 1'000; ++i) peer.say(frame("x", 1));
       }},
      {"ALengthBeyondTheLimit", [](Arena& arena) { arena.agreed().say(long_frame_head(1ull << 40) + "x"); }},
      {"ALengthOfAllOnes", [](Arena& arena) { arena.agreed().say(long_frame_head(~0ull) + "x"); }},
      {"ALengthWithTheSignBit", [](Arena& arena) { arena.agreed().say(long_frame_head(1ull << 63) + "x"); }},
      {"LargeLengthsThatAreNeverFilled",
       [](Arena& arena) {
         for (int i = 0; i < 64; ++i) arena.agreed().say(long_frame_head(80 << 20) + noise(1024));
       }},
      {"ALongLengthForAShortMessage", [](Arena& arena) { arena.agreed().say(long_frame_head(5) + "hello"); }},
      {"ALargeMessageWithinTheLimit", [](Arena& arena) { arena.agreed().say(frame(noise(8 << 20))); }},
      {"ReservedFlags", [](Arena& arena) { arena.agreed().say(frame("hello", 0xf8)); }},
      {"ACommandInParts", [](Arena& arena) { arena.agreed().say(frame("\4PING", 5)); }},
      {"ACommandNobodyKnows", [](Arena& arena) { arena.agreed().say(command("FROBNICATE", noise(200))); }},
      {"APingWithoutContent", [](Arena& arena) { arena.agreed().say(command("PING", "")); }},
      {"APingWithTooMuch",
       [](Arena& arena) { arena.agreed().say(command("PING", "\xff\xff"s + std::string(1'000, 'c'))); }},
      {"PingsWithoutEnd",
       [](Arena& arena) {
         RawPeer& peer = arena.agreed();
         arena.keep_doing([&peer] { peer.say(command("PING", "\0\0ctx"s)); });
       }},
      {"ASubscriptionWhereNoneIs", [](Arena& arena) { arena.agreed().say(command("SUBSCRIBE", "topic")); }},
      {"ASecondHandshake", [](Arena& arena) { arena.agreed().say(greeting("NULL") + ready("DEALER")); }},
      {"HangsUpInAMessage",
       [](Arena& arena) {
         for (int i = 0; i < 20; ++i) arena.agreed().say(long_frame_head(1 << 20) + noise(1'000));
         arena.peers.clear();
       }},
      {"ResetsInAMessage",
       [](Arena& arena) {
         for (int i = 0; i < 20; ++i) {
           RawPeer& peer = arena.agreed();
           peer.say(long_frame_head(1 << 20) + noise(1'000));
           peer.reset();
         }
       }},
      {"TwoOfTheSameName",
       [](Arena& arena) {
         const std::string all =
             greeting("NULL") + ready(arena.target->peer_type(), property("Identity", "twin")) + frame("hello");
         arena.says(all);
         arena.says(all);
       }},
      {"PropertiesThatTheGuardSets",
       [](Arena& arena) {
         arena.says(greeting("NULL") +
                    ready(arena.target->peer_type(), property("User-Id", "ops") +
                                                         property(channel::kKeyProperty, std::string(40, 'k')) +
                                                         property("Peer-Address", "127.0.0.1")) +
                    frame("hello"));
       }},
  };
}

}  // namespace penstock::hostile
