#include "runtime/channel/link_watch.h"

#include <atomic>
#include <cstring>

#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

struct LinkWatch::State {
  struct Link {
    int from = 0, to = 0;
    zmq::socket_t monitor;
    bool up = false, told = false;
  };
  zmq::context_t* context = nullptr;
  std::vector<Link> links;
  std::vector<zmq_pollitem_t> polled;
};

namespace {

/// The number of the monitor's next event; 0: none is there.
std::uint16_t next_event(zmq::socket_t& monitor) {
  zmq::message_t message;
  if (!uninterrupted([&] { return zmq_msg_recv(message.handle(), monitor.handle(), ZMQ_DONTWAIT); })) return 0;
  std::uint16_t event = 0;
  if (message.size() >= sizeof event) std::memcpy(&event, message.data(), sizeof event);
  while (message.more())  // The address.
    if (!uninterrupted([&] { return zmq_msg_recv(message.handle(), monitor.handle(), ZMQ_DONTWAIT); })) break;
  return event;
}

}  // namespace

LinkWatch::LinkWatch(TransportContext& context) : state_(std::make_unique<State>()) {
  state_->context = &context.state_->context;
}
LinkWatch::~LinkWatch() = default;

std::string LinkWatch::add(int from, int to) {
  static std::atomic<std::uint64_t> counter{0};
  const std::string address = "inproc://link-" + std::to_string(counter.fetch_add(1));
  State::Link& link = state_->links.emplace_back();
  link.from = from;
  link.to = to;
  link.monitor = zmq::socket_t(*state_->context, zmq::socket_type::pair);
  link.monitor.set(zmq::sockopt::linger, 0);
  link.monitor.connect(address);
  return address;
}

void LinkWatch::wait(int wake, int also, long timeout_ms) {
  auto& polled = state_->polled;
  polled.clear();
  if (wake >= 0) polled.push_back({nullptr, wake, ZMQ_POLLIN, 0});
  if (also >= 0) polled.push_back({nullptr, also, ZMQ_POLLIN, 0});
  for (State::Link& link : state_->links) polled.push_back({link.monitor.handle(), 0, ZMQ_POLLIN, 0});
  if (zmq_poll(polled.data(), static_cast<int>(polled.size()), timeout_ms) < 0) CHECK(zmq_errno() == EINTR);
}

std::vector<LinkWatch::Event> LinkWatch::take() {
  std::vector<Event> events;
  for (State::Link& link : state_->links) {
    while (const std::uint16_t event = next_event(link.monitor)) {
      if (link.told) continue;
      if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
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
