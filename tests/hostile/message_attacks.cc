#include <functional>
#include <limits>

#include "proto/messages.h"
#include "tests/hostile/attack.h"

namespace penstock::hostile {
namespace {

using proto::Envelope;

/// An attack that says one message of the control protocol, whole and well framed.
Attack says(const char* name, const std::function<void(Envelope&)>& fill) {
  return {name, [fill](Arena& arena) {
            Envelope message;
            fill(message);
            arena.agreed().say(frame(proto::encode(std::move(message)), 0));
          }};
}

Envelope registration(const std::string& name, std::uint64_t incarnation) {
  Envelope message;
  proto::Register& worker = *message.mutable_register_worker();
  worker.set_worker(name);
  worker.set_incarnation(incarnation);
  worker.set_slots(1);
  worker.set_data_address("tcp://127.0.0.1");
  return message;
}

proto::Request& request(Envelope& message) {
  message.mutable_request()->set_id(std::numeric_limits<std::uint64_t>::max());
  return *message.mutable_request();
}

void many_reports(Envelope& message) {
  message.mutable_heartbeat()->set_worker("w1");
  for (int job = 0; job < 10'000; ++job) {
    auto& report = *message.mutable_heartbeat()->add_jobs();
    report.set_job(std::numeric_limits<std::uint64_t>::max() - static_cast<unsigned>(job));
    report.set_phase(proto::RUNNING);
  }
}

void impostors(Arena& arena) {
  for (std::uint64_t incarnation = 1; incarnation <= 50; ++incarnation)
    arena.agreed().say(frame(proto::encode(registration("w1", incarnation))));
}

/// Every beginning of a message, and each of its bits turned over.
void damaged(Arena& arena) {
  const std::string good = proto::encode(registration("w1", 1));
  RawPeer& peer = arena.agreed();
  for (std::size_t size = 0; size < good.size(); ++size) peer.say(frame(good.substr(0, size)));
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    peer.say(frame(bad));
  }
}

}  // namespace

std::vector<Attack> message_attacks() {
  using namespace std::string_literals;
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return {
      {"DamagedMessages", damaged},
      {"FiftyImpostorsOfOneWorker", impostors},
      {"ALengthPastItsEnd", [](Arena& arena) { arena.agreed().say(frame("\x08\x01\x52\xff\xff\xff\xff\x0f"s)); }},
      {"GroupsWithinGroups", [](Arena& arena) { arena.agreed().say(frame(std::string(50'000, '\x0b'))); }},
      {"AVarintWithoutEnd", [](Arena& arena) { arena.agreed().say(frame(std::string(50'000, '\xff'))); }},
      {"AnotherVersion", [](Arena& arena) { arena.agreed().say(frame("\x08\xe7\x07\x52\x00"s)); }},
      says("NoBody", [](Envelope&) {}),
      says("AWorkerWithoutAName", [](Envelope& m) { m = registration("", 1); }),
      says("AWorkerWithALongName", [](Envelope& m) { m = registration(std::string(1 << 20, 'w'), 1); }),
      says("AWorkerWithControlCharacters", [](Envelope& m) { m = registration("w\x1b[2J\n", 1); }),
      says("AWorkerWithoutSlots",
           [](Envelope& m) { (m = registration("w2", 1)).mutable_register_worker()->set_slots(0); }),
      says("AWorkerWithFourBillionSlots",
           [](Envelope& m) { (m = registration("w2", 1)).mutable_register_worker()->set_slots(0xffffffff); }),
      says("AHeartbeatOfNobody", [](Envelope& m) { m.mutable_heartbeat()->set_worker("nobody"); }),
      says("AHeartbeatWithManyJobs", many_reports),
      says("AnotherOneLeaves", [](Envelope& m) { m.mutable_leave()->set_worker("w1"); }),
      says("WhatACoordinatorSays", [](Envelope& m) { m.mutable_directive()->set_want(proto::Directive::CANCEL); }),
      says("ACoordinatorsWelcome", [](Envelope& m) { m.mutable_registered()->set_lease_us(-1); }),
      says("AnAnswerToNothing", [](Envelope& m) { m.mutable_answer()->mutable_jobs(); }),
      says("ARequestForNothing", [](Envelope& m) { request(m); }),
      says("AnEmptyTopology", [](Envelope& m) { request(m).mutable_submit(); }),
      says("ATopologyOfBrackets",
           [](Envelope& m) { request(m).mutable_submit()->set_topology(std::string(1 << 20, '[')); }),
      says("ATopologyThatIsTooLong",
           [](Envelope& m) { request(m).mutable_submit()->set_topology(std::string(3 << 20, '#')); }),
      says("ParallelismOfFourBillion",
           [](Envelope& m) {
             request(m).mutable_submit()->set_parallelism(0xffffffff);
             m.mutable_request()->mutable_submit()->set_topology(
                 "penstock: 1\nname: a\nsources:\n  n: {generate: {}, fields: {i: i}}\nsinks:\n  o: {from: n, discard: "
                 "{}}\n");
           }),
      says("AJobWithAMegabyteOfName",
           [](Envelope& m) { request(m).mutable_status()->set_job(std::string(1 << 20, '9')); }),
      says("AnOrderToStopNothing", [](Envelope& m) { request(m).mutable_stop()->set_job("-1"); }),
      says("ALogFromItsEnd",
           [most](Envelope& m) {
             request(m).mutable_logs()->set_job("1");
             m.mutable_request()->mutable_logs()->set_from(most);
           }),
      says("ADrainOfNobody", [](Envelope& m) { request(m).mutable_drain()->set_worker("\0"s); }),
  };
}

}  // namespace penstock::hostile
