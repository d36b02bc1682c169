#include "runtime/channel/address.h"

#include <gtest/gtest.h>

namespace penstock::channel {
namespace {

TEST(Address, IsReadFromEveryFormThatPeopleWrite) {
  EXPECT_EQ(parse_address("tcp://127.0.0.1:7461")->text(), "tcp://127.0.0.1:7461");
  EXPECT_EQ(parse_address("node-1.example:7461")->text(), "tcp://node-1.example:7461");
  EXPECT_EQ(parse_address("[::1]:7461")->text(), "tcp://[::1]:7461");
  EXPECT_EQ(parse_address("tcp://*:*")->text(), "tcp://*:0");
  EXPECT_EQ(parse_address("ipc:///run/penstock/control")->path, "/run/penstock/control");
}

TEST(Address, SaysWhatIsWrongAndWhatOneLooksLike) {
  const auto bad = parse_address("tcp://127.0.0.1");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text,
            "'tcp://127.0.0.1' is not an address: it has no port; an address looks like tcp://127.0.0.1:7461, "
            "coordinator.example:7461 or ipc:///run/penstock/control");
}

std::string verdict(const char* address, bool has_keys, bool insecure) {
  const auto may = may_listen(address, has_keys, insecure);
  return may ? "may" : may.error().code;
}

TEST(MayListen, OnThisHostOnlyWithoutKeys) {
  for (const char* address : {"tcp://127.0.0.1:7461", "127.0.0.1:7461", "tcp://127.0.0.1", "tcp://127.255.3.4:*",
                              "tcp://[::1]:7461", "localhost:0", "tcp://localhost", "ipc:///run/penstock/control"})
    EXPECT_EQ(verdict(address, false, false), "may") << address;
  for (const char* address :
       {"tcp://0.0.0.0:7461", "tcp://*:7461", "tcp://*", "tcp://10.0.0.7:7461", "tcp://[::]:7461", "tcp://[fe80::1]:1",
        "tcp://[::ffff:10.0.0.1]:1", "tcp://eth0:7461", "tcp://lo:7461", "tcp://node-1.example:7461",
        "tcp://localhost.example:1", "tcp://127.0.0.1.example:1", "tcp://128.0.0.1:1", "tcp://127.1:7461",
        "tcp://0x7f000001:7461", "tcp://2130706433:7461", "tcp://LOCALHOST:1", "tcp://0:1"}) {
    EXPECT_EQ(verdict(address, false, false), "listen_unsafe") << address;
    EXPECT_EQ(verdict(address, true, false), "may") << address;
    EXPECT_EQ(verdict(address, false, true), "may") << address;
  }
}

TEST(MayListen, RefusesWhatIsNoAddressWhateverTheKeys) {
  for (const char* address : {"", "udp://127.0.0.1:1", "inproc://x", "ipc://@anybody", "ipc://relative", "tcp://"})
    EXPECT_EQ(verdict(address, true, true), "bad_address") << address;
}

}  // namespace
}  // namespace penstock::channel
