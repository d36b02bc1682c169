#include "runtime/channel/transport.h"

#include "runtime/base/ring_queue.h"
#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

using record::Frame;

TransportContext::TransportContext(int io_threads) : state_(std::make_unique<State>(io_threads)) {}
TransportContext::~TransportContext() = default;

struct Mailbox::State {
  struct Outbox {
    zmq::socket_t socket;
    base::RingQueue<Frame*> refused;
  };
  zmq::socket_t inbox;
  std::vector<Outbox> outboxes;
  int descriptor = -1;
};

namespace {

constexpr std::size_t kHandleBytes = sizeof(void*);
constexpr int kHighWaterMark = 100'000;  // A safety net: credits bound what is in flight long before.

bool try_send(zmq::socket_t& socket, Frame* frame) {
  frame->handed_over.store(1, std::memory_order_release);
  return uninterrupted([&] { return zmq_send(socket.handle(), &frame, kHandleBytes, ZMQ_DONTWAIT); });
}

}  // namespace

Mailbox::Mailbox(TransportContext& context, const std::string& name, int self, int peers)
    : state_(std::make_unique<State>()) {
  zmq::context_t& zmq_context = context.state_->context;
  const auto address = [&](int executor) { return "inproc://" + name + "-" + std::to_string(executor); };
  state_->inbox = zmq::socket_t(zmq_context, zmq::socket_type::pull);
  state_->inbox.set(zmq::sockopt::rcvhwm, kHighWaterMark);
  state_->inbox.set(zmq::sockopt::linger, 0);
  state_->inbox.bind(address(self));
  for (int peer = 0; peer < peers; ++peer) {
    State::Outbox& outbox = state_->outboxes.emplace_back();
    if (peer == self) continue;
    outbox.socket = zmq::socket_t(zmq_context, zmq::socket_type::push);
    outbox.socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
    outbox.socket.set(zmq::sockopt::linger, 0);
    outbox.socket.connect(address(peer));
  }
  state_->descriptor = state_->inbox.get(zmq::sockopt::fd);
}

Mailbox::~Mailbox() = default;

void Mailbox::send(int peer, Frame* frame) {
  State::Outbox& outbox = state_->outboxes[static_cast<std::size_t>(peer)];
  if (!outbox.refused.empty() || !try_send(outbox.socket, frame)) outbox.refused.push(frame);
}

bool Mailbox::flush() {
  bool clear = true;
  for (State::Outbox& outbox : state_->outboxes) {
    while (!outbox.refused.empty() && try_send(outbox.socket, outbox.refused.front())) outbox.refused.pop();
    clear = clear && outbox.refused.empty();
  }
  return clear;
}

Frame* Mailbox::receive() {
  Frame* frame = nullptr;
  if (!uninterrupted([&] { return zmq_recv(state_->inbox.handle(), &frame, kHandleBytes, ZMQ_DONTWAIT); }))
    return nullptr;
  [[maybe_unused]] const auto handed = frame->handed_over.load(std::memory_order_acquire);
  return frame;
}

int Mailbox::descriptor() const { return state_->descriptor; }

}  // namespace penstock::channel
