/// Everything that can be said to a port by somebody who has no key, said to a coordinator's and to a worker's inbox,
/// with keys and without.
#include "tests/hostile/attack.h"

namespace penstock::hostile {
namespace {

struct Port {
  const char* name;
  std::function<std::unique_ptr<Target>()> make;
};

void PrintTo(const Port& port, std::ostream* out) { *out << port.name; }

const Port kPorts[] = {
    {"Control", [] { return std::make_unique<ControlTarget>(false); }},
    {"ControlWithKeys", [] { return std::make_unique<ControlTarget>(true); }},
    {"OpenInbox", [] { return std::make_unique<InboxTarget>(InboxTarget::Lock::kNone); }},
    {"InboxWithToken", [] { return std::make_unique<InboxTarget>(InboxTarget::Lock::kToken); }},
    {"InboxWithKeys", [] { return std::make_unique<InboxTarget>(InboxTarget::Lock::kKeys); }},
};

class Hostile : public testing::TestWithParam<std::tuple<Port, Attack>> {};

TEST_P(Hostile, LeavesTheHonestPeerServed) {
  const auto& [port, attack] = GetParam();
  const auto target = port.make();
  expect_served_during(*target, attack.begin);
}

std::string name_of(const testing::TestParamInfo<std::tuple<Port, Attack>>& info) {
  return std::string(std::get<1>(info.param).name) + "_" + std::get<0>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(Tcp, Hostile, testing::Combine(testing::ValuesIn(kPorts), testing::ValuesIn(tcp_attacks())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Handshake, Hostile,
                         testing::Combine(testing::ValuesIn(kPorts), testing::ValuesIn(handshake_attacks())), name_of);
INSTANTIATE_TEST_SUITE_P(Frames, Hostile,
                         testing::Combine(testing::ValuesIn(kPorts), testing::ValuesIn(frame_attacks())), name_of);
INSTANTIATE_TEST_SUITE_P(Messages, Hostile,
                         testing::Combine(testing::ValuesIn(kPorts), testing::ValuesIn(message_attacks())), name_of);
INSTANTIATE_TEST_SUITE_P(Crowd, Hostile,
                         testing::Combine(testing::ValuesIn(kPorts), testing::ValuesIn(crowd_attacks())), name_of);

}  // namespace
}  // namespace penstock::hostile
