#include "runtime/channel/transport.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/limits.h"
#include "runtime/base/ring_queue.h"
#include "runtime/channel/address.h"
#include "runtime/channel/link_watch.h"
#include "runtime/channel/listening.h"
#include "runtime/channel/socket_security.h"
#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

using record::Frame;
using record::kHeaderBytes;

TransportContext::TransportContext(int io_threads) : state_(std::make_unique<State>(io_threads)) {}
TransportContext::~TransportContext() = default;

struct Mailbox::State {
  struct Outbox {
    zmq::socket_t socket;
    base::RingQueue<Frame*> refused;
    bool remote = false;
  };
  zmq::context_t* context = nullptr;
  int self = 0;
  zmq::socket_t inbox;
  zmq::socket_t remote_inbox;  // Null without listen().
  std::vector<Outbox> outboxes;
  std::vector<int> with_refused;  // Peers whose outbox has refused something.
  std::string listens_on;
  zmq::message_t arrived;
  std::optional<record::FrameFault> fault;
  int descriptor = -1, remote_descriptor = -1;
  bool has_local_peers = false;
  bool remote_first = false;  // Neither inbox starves the other.
};

namespace {

constexpr std::size_t kHandleBytes = sizeof(void*);
constexpr int kHighWaterMark = 100'000;  // A safety net: credits bound what is in flight long before.
/// A row of the largest size and its header; a peer that announces more is cut off.
constexpr std::int64_t kMaxMessageBytes = (std::int64_t{1} << 28) + (std::int64_t{1} << 12);
constexpr int kHandshakeMs = 5'000;
constexpr int kNeverAgain = -1;

bool try_send_handle(zmq::socket_t& socket, Frame* frame) {
  frame->handed_over.store(1, std::memory_order_release);
  return uninterrupted([&] { return zmq_send(socket.handle(), &frame, kHandleBytes, ZMQ_DONTWAIT); });
}

/// The frame's bytes in one message. The frame goes back to its pool once libzmq has them.
bool try_send_bytes(zmq::socket_t& socket, Frame* frame) {
  const auto payload = frame->bytes();
  zmq::message_t message(kHeaderBytes + payload.size());
  const auto header = record::encode_header(frame->header, payload);
  auto* to = static_cast<std::byte*>(message.data());
  std::memcpy(to, header.data(), header.size());
  if (!payload.empty()) std::memcpy(to + kHeaderBytes, payload.data(), payload.size());
  if (!uninterrupted([&] { return zmq_msg_send(message.handle(), socket.handle(), ZMQ_DONTWAIT); })) return false;
  record::FramePool::give_back(frame);
  return true;
}

void limit(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::maxmsgsize, kMaxMessageBytes);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
}

}  // namespace

Mailbox::Mailbox(TransportContext& context, const std::string& name, int self, ExecutorRange range)
    : state_(std::make_unique<State>()) {
  zmq::context_t& zmq_context = context.state_->context;
  const auto address = [&](int executor) { return "inproc://" + name + "-" + std::to_string(executor); };
  state_->context = &zmq_context;
  state_->self = self;
  state_->has_local_peers = range.count > 1;
  state_->inbox = zmq::socket_t(zmq_context, zmq::socket_type::pull);
  state_->inbox.set(zmq::sockopt::rcvhwm, kHighWaterMark);
  state_->inbox.set(zmq::sockopt::linger, 0);
  state_->inbox.bind(address(self));
  state_->outboxes.resize(static_cast<std::size_t>(range.total));
  for (int peer = range.first; peer < range.first + range.count; ++peer) {
    if (peer == self) continue;
    zmq::socket_t& socket = state_->outboxes[static_cast<std::size_t>(peer)].socket;
    socket = zmq::socket_t(zmq_context, zmq::socket_type::push);
    socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(address(peer));
  }
  state_->descriptor = state_->inbox.get(zmq::sockopt::fd);
}

/// libzmq leaves the file of an ipc socket behind.
Mailbox::~Mailbox() {
  constexpr std::string_view kIpc = "ipc://";
  if (state_->listens_on.starts_with(kIpc)) unlink(state_->listens_on.c_str() + kIpc.size());
}

base::Result<std::string> Mailbox::listen(const std::string& address, const InboxSecurity& security) {
  const auto parsed = parse_address(address);
  if (!parsed) return tl::unexpected(parsed.error());
  try {
    zmq::socket_t socket(*state_->context, zmq::socket_type::pull);
    socket.set(zmq::sockopt::rcvhwm, kHighWaterMark);
    socket.set(zmq::sockopt::linger, 0);
    limit(socket);
    secure_inbox(socket, security);
    auto bound = listen_on(socket, *parsed);
    if (!bound) return bound;
    state_->remote_descriptor = socket.get(zmq::sockopt::fd);
    state_->remote_inbox = std::move(socket);
    return state_->listens_on = *bound;
  } catch (const zmq::error_t& error) {
    return base::fail("cannot_listen", fmt::format("cannot listen on {}: {}", address, error.what()), address,
                      base::Origin::kEnvironment);
  }
}

base::Result<void> Mailbox::connect(int peer, const std::string& address, LinkWatch& watch,
                                    const ClientSecurity& security) {
  State::Outbox& outbox = state_->outboxes[static_cast<std::size_t>(peer)];
  try {
    zmq::socket_t socket(*state_->context, zmq::socket_type::push);
    socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::immediate, true);             // Nothing is queued for a connection that does not stand.
    socket.set(zmq::sockopt::reconnect_ivl, kNeverAgain);  // A second connection would hide that the first lost rows.
    limit(socket);
    secure_client(socket, security);
    if (address.find('[') != std::string::npos) socket.set(zmq::sockopt::ipv6, true);
    outbox.socket = std::move(socket);
    outbox.remote = true;
    watch.add(state_->self, peer, outbox.socket);
    outbox.socket.connect(address);
    return {};
  } catch (const zmq::error_t& error) {
    return base::fail("cannot_connect", fmt::format("cannot connect to {}: {}", address, error.what()), address,
                      base::Origin::kEnvironment);
  }
}

void Mailbox::send(int peer, Frame* frame) {
  State::Outbox& outbox = state_->outboxes[static_cast<std::size_t>(peer)];
  if (outbox.refused.empty() &&
      (outbox.remote ? try_send_bytes(outbox.socket, frame) : try_send_handle(outbox.socket, frame)))
    return;
  if (outbox.refused.empty()) state_->with_refused.push_back(peer);
  outbox.refused.push(frame);
}

bool Mailbox::flush() {
  std::erase_if(state_->with_refused, [this](int peer) {
    State::Outbox& outbox = state_->outboxes[static_cast<std::size_t>(peer)];
    while (!outbox.refused.empty()) {
      Frame* frame = outbox.refused.front();
      if (!(outbox.remote ? try_send_bytes(outbox.socket, frame) : try_send_handle(outbox.socket, frame))) return false;
      outbox.refused.pop();
    }
    return true;
  });
  return state_->with_refused.empty();
}

bool Mailbox::holds_refused() const { return !state_->with_refused.empty(); }

namespace {

Frame* receive_handle(zmq::socket_t& inbox) {
  Frame* frame = nullptr;
  if (!uninterrupted([&] { return zmq_recv(inbox.handle(), &frame, kHandleBytes, ZMQ_DONTWAIT); })) return nullptr;
  [[maybe_unused]] const auto handed = frame->handed_over.load(std::memory_order_acquire);
  return frame;
}

}  // namespace

Frame* Mailbox::receive(record::SizedFrames& frames) {
  if (!state_->remote_inbox) return receive_handle(state_->inbox);
  state_->remote_first = !state_->remote_first;
  if (!state_->remote_first && state_->has_local_peers)
    if (Frame* frame = receive_handle(state_->inbox)) return frame;
  zmq::message_t& message = state_->arrived;
  while (uninterrupted([&] { return zmq_msg_recv(message.handle(), state_->remote_inbox.handle(), ZMQ_DONTWAIT); })) {
    const std::span bytes(static_cast<const std::byte*>(message.data()), message.size());
    record::FrameHeader header;
    if (const auto fault = message.more() ? record::FrameFault::kLength : record::decode_header(bytes, header)) {
      state_->fault = fault;
      continue;
    }
    Frame* frame = frames.take(header.payload_bytes);
    frame->header = header;
    if (header.payload_bytes > 0) std::memcpy(frame->payload.data(), bytes.data() + kHeaderBytes, header.payload_bytes);
    return frame;
  }
  return state_->remote_first && state_->has_local_peers ? receive_handle(state_->inbox) : nullptr;
}

std::optional<record::FrameFault> Mailbox::take_fault() { return std::exchange(state_->fault, std::nullopt); }

int Mailbox::descriptor() const { return state_->descriptor; }
int Mailbox::remote_descriptor() const { return state_->remote_descriptor; }

}  // namespace penstock::channel
