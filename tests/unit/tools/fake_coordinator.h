/// A coordinator that answers from a script: what the handler returns for a request, or nothing at all. It has a real
/// control socket on a port of its own. THREAD: the handler runs on the fake's own thread, all else on the test's.
#pragma once

#include <poll.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "proto/messages.h"
#include "runtime/base/check.h"
#include "runtime/channel/control_server.h"

namespace penstock::tools {

class FakeCoordinator {
 public:
  using Handler = std::function<std::optional<proto::Answer>(const proto::Request&)>;
  explicit FakeCoordinator(Handler handler, channel::ServerSecurity security = {})
      : handler_(std::move(handler)), security_(std::move(security)) {
    thread_ = std::thread([this] { run(); });
    while (!bound_) std::this_thread::yield();
  }
  ~FakeCoordinator() { stop(); }
  FakeCoordinator(const FakeCoordinator&) = delete;
  FakeCoordinator& operator=(const FakeCoordinator&) = delete;

  const std::string& address() const { return address_; }
  int asked() const { return asked_; }                               ///< Requests that have come.
  void speak_version(std::uint32_t version) { version_ = version; }  ///< Of the protocol, from now on.
  void stop() {                                                      ///< Closes its socket, as a process that dies.
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    channel::TransportContext context(1);
    auto server = channel::ControlServer::bind(context, "tcp://127.0.0.1:0", security_);
    CHECK(server);
    address_ = (*server)->address();
    bound_ = true;
    while (!stopping_) {
      pollfd readable{(*server)->descriptor(), POLLIN, 0};
      poll(&readable, 1, 5);
      answer_all(**server);
    }
  }

  void answer_all(channel::ControlServer& server) {
    while (const auto received = server.receive()) {
      const auto envelope = proto::decode(received->bytes);
      CHECK(envelope && envelope->has_request());
      auto answer = handler_(envelope->request());
      ++asked_;
      if (answer) (void)server.send(received->peer, encoded(std::move(*answer), envelope->request().id()));
    }
  }

  std::string encoded(proto::Answer answer, std::uint64_t id) const {
    answer.set_id(id);
    if (answer.software().empty()) answer.set_software(PENSTOCK_VERSION);
    proto::Envelope envelope;
    *envelope.mutable_answer() = std::move(answer);
    if (version_ == proto::kControlVersion) return proto::encode(std::move(envelope));
    envelope.set_version(version_);
    return envelope.SerializeAsString();
  }

  const Handler handler_;
  const channel::ServerSecurity security_;
  std::string address_;
  std::atomic<std::uint32_t> version_ = proto::kControlVersion;
  std::atomic<int> asked_ = 0;
  std::atomic<bool> bound_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace penstock::tools
