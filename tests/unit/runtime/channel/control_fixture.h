/// A control server and its clients over loopback, driven step by step: a test waits on their descriptors only, so a
/// wake-up that got lost shows as a test that runs out of time.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/channel/control_client.h"
#include "runtime/channel/control_server.h"

namespace penstock::channel {

constexpr base::Micros kPatience = 10'000'000;  ///< Of a test that waits for what must come.

/// Waits on `descriptors` until `done` holds. False: it did not in time.
template <class Done>
bool wait_for(std::initializer_list<int> descriptors, Done done, base::Micros patience = kPatience) {
  const base::Micros end = base::steady_now() + patience;
  std::vector<pollfd> polled;
  for (const int descriptor : descriptors) polled.push_back({descriptor, POLLIN, 0});
  while (!done()) {
    const base::Micros left = end - base::steady_now();
    if (left <= 0) return false;
    poll(polled.data(), polled.size(), static_cast<int>(left / 1000) + 1);
  }
  return true;
}

/// For what no descriptor tells: asks again and again.
template <class Done>
bool eventually(Done done, base::Micros patience = kPatience) {
  const base::Micros end = base::steady_now() + patience;
  while (!done()) {
    if (base::steady_now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

struct ControlFixture : testing::Test {
  ControlFixture() : server(make_server(context, "tcp://127.0.0.1:*")) {}

  static std::unique_ptr<ControlServer> make_server(TransportContext& in, const std::string& address,
                                                    const ServerSecurity& security = {}, ControlLimits limits = {}) {
    auto made = ControlServer::bind(in, address, security, limits);
    if (!made) ADD_FAILURE() << made.error().code << ": " << made.error().text;
    return made ? std::move(*made) : nullptr;
  }
  static std::unique_ptr<ControlClient> make_client(TransportContext& in, const std::string& address,
                                                    const ClientSecurity& security = {}, ControlLimits limits = {}) {
    auto made = ControlClient::connect(in, address, security, limits);
    if (!made) ADD_FAILURE() << made.error().code << ": " << made.error().text;
    return made ? std::move(*made) : nullptr;
  }
  std::unique_ptr<ControlClient> client() {
    auto made = make_client(context, server->address());
    EXPECT_TRUE(reaches(*made, ControlClient::Link::kConnected));
    return made;
  }
  static bool reaches(ControlClient& client, ControlClient::Link link) {
    return wait_for({client.descriptor()}, [&] { return client.link() == link; });
  }
  static std::optional<ControlServer::Received> next(ControlServer& from, base::Micros patience = kPatience) {
    std::optional<ControlServer::Received> received;
    wait_for(
        {from.descriptor()}, [&] { return (received = from.receive()).has_value(); }, patience);
    return received;
  }
  static std::optional<std::string> next(ControlClient& from, base::Micros patience = kPatience) {
    std::optional<std::string> received;
    wait_for(
        {from.descriptor()}, [&] { return (received = from.receive()).has_value(); }, patience);
    return received;
  }

  TransportContext context{1};
  std::unique_ptr<ControlServer> server;
};

}  // namespace penstock::channel
