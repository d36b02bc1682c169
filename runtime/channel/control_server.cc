#include "runtime/channel/control_server.h"

#include <fmt/core.h>
#include <unistd.h>

#include <utility>

#include "runtime/channel/control_socket.h"
#include "runtime/channel/listening.h"
#include "runtime/channel/peer_keys.h"
#include "runtime/channel/socket_monitor.h"
#include "runtime/channel/socket_security.h"
#include "runtime/channel/wake_descriptor.h"
#include "runtime/channel/zap_guard.h"

namespace penstock::channel {
namespace {

constexpr int kEvents = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
constexpr int kFramesPerCall = 1'000;  // Of messages that are thrown away; a call ends.

}  // namespace

struct ControlServer::State {
  std::size_t message_bytes = 0;
  const Admission* admission = nullptr;  // nullptr: no keys.
  PeerKeys keys;
  std::string ipc_path;  // Empty: tcp.
  zmq::socket_t router;
  SocketMonitor monitor;
  WakeDescriptor wake;
  std::string address;
  zmq::message_t frame;
  std::string peer;  // Whose message is under way.
  enum class Next : unsigned char { kPeer, kBytes, kRest } next = Next::kPeer;
  bool disconnected = false;
  Refused refused;

  void hear();
  std::optional<Received> take_frame();
  std::optional<Access> access_of_sender();
};

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlServer::~ControlServer() {
  if (!state_->ipc_path.empty()) unlink(state_->ipc_path.c_str());  // libzmq leaves it behind.
}

base::Result<std::unique_ptr<ControlServer>> ControlServer::bind(TransportContext& context, const std::string& address,
                                                                 const ServerSecurity& security, ControlLimits limits) {
  const auto parsed = parse_address(address);
  if (!parsed) return tl::unexpected(parsed.error());
  CHECK(security.keys.has_value() == (security.admission != nullptr));
  try {
    auto state = std::make_unique<State>();
    state->message_bytes = limits.message_bytes;
    state->admission = security.admission;
    zmq::context_t& zmq_context = context.state_->context;
    state->router = zmq::socket_t(zmq_context, zmq::socket_type::router);
    limit(state->router, limits);
    secure_server(state->router, security.keys, kControlDomain);
    state->router.set(zmq::sockopt::linger, 0);
    state->router.set(zmq::sockopt::router_mandatory, true);
    state->monitor = SocketMonitor(zmq_context, state->router, kEvents);
    auto bound = listen_on(state->router, *parsed);
    if (!bound) return tl::unexpected(bound.error());
    state->address = std::move(*bound);
    state->ipc_path = parsed->path;
    state->wake.watch(state->router.get(zmq::sockopt::fd));
    state->wake.watch(state->monitor.descriptor());
    return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
  } catch (const zmq::error_t& error) {
    return base::fail("cannot_listen", fmt::format("cannot listen on {}: {}", address, error.what()), address,
                      base::Origin::kEnvironment);
  }
}

void ControlServer::State::hear() {
  while (const auto event = monitor.next()) {
    if (event->what == ZMQ_EVENT_DISCONNECTED)
      disconnected = true;
    else
      ++refused.handshakes;
  }
}

/// A message is two frames: the peer's name, which libzmq puts in front, and the bytes.
std::optional<ControlServer::Received> ControlServer::State::take_frame() {
  const bool more = frame.more();
  switch (next) {
    case Next::kPeer:
      peer = frame.to_string();
      if (more)
        next = Next::kBytes;
      else
        ++refused.malformed;
      return std::nullopt;
    case Next::kBytes:
      next = more ? Next::kRest : Next::kPeer;
      if (more || frame.size() == 0) {
        ++refused.malformed;
        return std::nullopt;
      }
      break;
    case Next::kRest:
      if (!more) next = Next::kPeer;
      return std::nullopt;
  }
  Received received{peer, frame.to_string(), std::nullopt, {}};
  if (admission != nullptr && !(received.access = access_of_sender())) {
    ++refused.unauthorized;
    return std::nullopt;
  }
  // What an ipc peer's address is said to be, is said by the peer.
  if (const char* host = ipc_path.empty() ? zmq_msg_gets(frame.handle(), "Peer-Address") : nullptr)
    received.host = host;
  return received;
}

/// By the access list as it is now, whatever it was when the peer connected.
std::optional<Access> ControlServer::State::access_of_sender() {
  const auto key = property_of(frame, kKeyProperty);
  if (!key || !keys.belongs(peer, *key)) return std::nullopt;
  return admission->at_control(*key);
}

std::optional<ControlServer::Received> ControlServer::receive() {
  State& state = *state_;
  for (int frames = 0; frames < kFramesPerCall; ++frames) {
    if (!uninterrupted([&] { return zmq_msg_recv(state.frame.handle(), state.router.handle(), ZMQ_DONTWAIT); })) {
      state.wake.lower();
      state.hear();
      return std::nullopt;
    }
    if (auto received = state.take_frame()) {
      state.wake.raise();
      return received;
    }
  }
  state.wake.raise();
  return std::nullopt;
}

base::Result<void> ControlServer::send(const std::string& peer, std::string_view bytes) {
  State& state = *state_;
  const auto refuse = [](const char* code, const char* text) {
    return base::fail(code, text, {}, base::Origin::kEnvironment);
  };
  if (bytes.size() > state.message_bytes)
    return base::fail("control_too_large", "a control message is larger than the limit", {}, base::Origin::kInternal);
  if (state.admission != nullptr && !state.admission->at_control(state.keys.key_of(peer)))
    return refuse("peer_gone", "the peer's key is no longer in the access file");
  Sent sent = try_send(state.router, peer, ZMQ_SNDMORE);
  if (sent == Sent::kYes) sent = try_send(state.router, bytes, 0);
  if (ready(state.router).input) state.wake.raise();
  if (sent == Sent::kGone) return refuse("peer_gone", "the peer is not connected");
  if (sent == Sent::kFull) return refuse("control_refused", "the peer does not read, and its queue is full");
  return {};
}

bool ControlServer::take_disconnect() {
  state_->hear();
  return std::exchange(state_->disconnected, false);
}

ControlServer::Refused ControlServer::refused() const { return state_->refused; }
int ControlServer::descriptor() const { return state_->wake.descriptor(); }
std::string ControlServer::address() const { return state_->address; }

}  // namespace penstock::channel
