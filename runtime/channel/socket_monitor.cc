#include "runtime/channel/socket_monitor.h"

#include <atomic>
#include <cstring>
#include <string>
#include <utility>

namespace penstock::channel {

SocketMonitor::SocketMonitor(zmq::context_t& context, zmq::socket_t& watched, int events) : watched_(&watched) {
  static std::atomic<std::uint64_t> counter{0};
  const std::string address = "inproc://socket-monitor-" + std::to_string(counter.fetch_add(1));
  if (zmq_socket_monitor(watched.handle(), address.c_str(), events) != 0) throw zmq::error_t();
  events_ = zmq::socket_t(context, zmq::socket_type::pair);
  events_.set(zmq::sockopt::linger, 0);
  // libzmq waits in its I/O thread when this queue is full: a storm of connections would stop all traffic.
  events_.set(zmq::sockopt::rcvhwm, 0);
  events_.connect(address);
  next();  // There is none yet; but only now does libzmq know that somebody wants to be woken for the first.
}

SocketMonitor::SocketMonitor(SocketMonitor&& other) noexcept
    : watched_(std::exchange(other.watched_, nullptr)), events_(std::move(other.events_)) {}

SocketMonitor& SocketMonitor::operator=(SocketMonitor&& other) noexcept {
  stop();
  watched_ = std::exchange(other.watched_, nullptr);
  events_ = std::move(other.events_);
  return *this;
}

std::optional<SocketMonitor::Event> SocketMonitor::next() {
  zmq::message_t message;
  if (!uninterrupted([&] { return zmq_msg_recv(message.handle(), events_.handle(), ZMQ_DONTWAIT); }))
    return std::nullopt;
  Event event;
  std::uint16_t what = 0;
  if (message.size() >= sizeof what + sizeof event.value) {
    std::memcpy(&what, message.data(), sizeof what);
    std::memcpy(&event.value, static_cast<const char*>(message.data()) + sizeof what, sizeof event.value);
  }
  event.what = what;
  while (message.more())  // The address.
    if (!uninterrupted([&] { return zmq_msg_recv(message.handle(), events_.handle(), ZMQ_DONTWAIT); })) break;
  return event;
}

int SocketMonitor::descriptor() const { return events_.get(zmq::sockopt::fd); }

void SocketMonitor::stop() {
  // In this order: an event for a monitor that is gone would wait in the I/O thread for ever.
  if (watched_ != nullptr) zmq_socket_monitor(watched_->handle(), nullptr, 0);
  watched_ = nullptr;
  events_.close();
}

}  // namespace penstock::channel
