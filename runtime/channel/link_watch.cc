#include "runtime/channel/link_watch.h"

#include <poll.h>

#include "runtime/channel/socket_monitor.h"

namespace penstock::channel {

struct LinkWatch::State {
  struct Link {
    int from = 0, to = 0;
    SocketMonitor monitor;
    bool up = false, told = false;
  };
  zmq::context_t* context = nullptr;
  std::vector<Link> links;
};

LinkWatch::LinkWatch(TransportContext& context) : state_(std::make_unique<State>()) {
  state_->context = &context.state_->context;
}
LinkWatch::~LinkWatch() = default;

void LinkWatch::add(int from, int to, zmq::socket_t& socket) {
  constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                          ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED;
  state_->links.push_back({from, to, SocketMonitor(*state_->context, socket, kEvents)});
}

void LinkWatch::wait(std::span<const int> descriptors, int timeout_ms) const {
  std::vector<pollfd> waiting;
  for (const int descriptor : descriptors) waiting.push_back({descriptor, POLLIN, 0});
  for (const State::Link& link : state_->links) waiting.push_back({link.monitor.descriptor(), POLLIN, 0});
  poll(waiting.data(), waiting.size(), timeout_ms);
}

std::vector<LinkWatch::Event> LinkWatch::take() {
  std::vector<Event> events;
  for (State::Link& link : state_->links) {
    while (const auto event = link.monitor.next()) {
      if (link.told) continue;
      if (event->what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        link.up = true;
        events.push_back({link.from, link.to, What::kUp});
      } else {
        link.told = true;
        events.push_back({link.from, link.to, link.up ? What::kDown : What::kRefused});
      }
    }
  }
  return events;
}

}  // namespace penstock::channel
