#include "runtime/channel/control_client.h"

#include <fmt/core.h>

#include <deque>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/channel/alarm_descriptor.h"
#include "runtime/channel/control_socket.h"
#include "runtime/channel/host_name.h"
#include "runtime/channel/random_name.h"
#include "runtime/channel/socket_monitor.h"
#include "runtime/channel/socket_security.h"
#include "runtime/channel/wake_descriptor.h"

namespace penstock::channel {
namespace {

constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_CLOSED;
constexpr int kLingerMs = 200;
constexpr int kConnectMs = 2'000;
constexpr int kFirstPauseMs = 50;  // Before it connects again; doubles up to the last.
constexpr int kLastPauseMs = 200;  // Jobs publish nothing until the coordinator is back and has been found.
constexpr int kRefusedPauseMs = 1'000;
constexpr int kNeverAgain = -1;
constexpr base::Micros kRounding = 2'000;  // libzmq counts in whole milliseconds.
constexpr int kFramesPerCall = 1'000;

base::Error refusal_error(const char* code, const char* text, const std::string& where) {
  return {code, text, base::Origin::kEnvironment, true, where};
}

}  // namespace

struct ControlClient::State {
  zmq::context_t* context = nullptr;
  Address address;  // As it was given: the host's numbers may change.
  std::string endpoint;
  ClientSecurity security;
  ControlLimits limits;

  zmq::socket_t dealer;
  SocketMonitor monitor;
  WakeDescriptor wake;
  AlarmDescriptor alarm;
  std::deque<std::string> kept;  // Received on a connection that has broken since.

  Link link = Link::kConnecting;
  base::Error refusal;
  int hung_up = 0;  // How many connections in a row ended during the handshake, nobody said why.
  base::Micros dialled = 0;
  int pause_ms = kFirstPauseMs;
  bool rest_of_message = false;
  bool agreed = false;  // The handshake is over; libzmq may still have to hang the connection onto the socket.

  void dial();
  void hang_up(int pause);
  void hear();
  void on_event(const SocketMonitor::Event& event);
  void refuse(base::Error error);
  base::Error why_it_hung_up() const;
  std::optional<std::string> take();
};

ControlClient::ControlClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlClient::~ControlClient() = default;

base::Result<std::unique_ptr<ControlClient>> ControlClient::connect(TransportContext& context,
                                                                    const std::string& address,
                                                                    const ClientSecurity& security,
                                                                    ControlLimits limits) {
  const auto parsed = parse_address(address);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto resolved = resolve(*parsed);
  if (!resolved) return tl::unexpected(resolved.error());
  try {
    auto state = std::make_unique<State>();
    state->context = &context.state_->context;
    state->address = *parsed;
    state->endpoint = resolved->text();
    state->security = security;
    state->limits = limits;
    state->wake.watch(state->alarm.descriptor());
    state->dial();
    return std::unique_ptr<ControlClient>(new ControlClient(std::move(state)));
  } catch (const zmq::error_t& error) {
    return base::fail("cannot_connect", fmt::format("cannot connect to {}: {}", address, error.what()), address,
                      base::Origin::kEnvironment);
  }
}

void ControlClient::State::dial() {
  dealer = zmq::socket_t(*context, zmq::socket_type::dealer);
  limit(dealer, limits);
  secure_client(dealer, security);
  dealer.set(zmq::sockopt::routing_id, random_routing_id());
  dealer.set(zmq::sockopt::linger, kLingerMs);
  dealer.set(zmq::sockopt::immediate, true);  // Nothing is queued for a connection that does not stand.
  dealer.set(zmq::sockopt::reconnect_ivl, kNeverAgain);
  dealer.set(zmq::sockopt::connect_timeout, kConnectMs);
  if (address.ipv6() || endpoint.find('[') != std::string::npos) dealer.set(zmq::sockopt::ipv6, true);
  monitor = SocketMonitor(*context, dealer, kEvents);
  wake.watch(monitor.descriptor());
  wake.watch(dealer.get(zmq::sockopt::fd));
  rest_of_message = agreed = false;
  dialled = base::steady_now();  // Before: a handshake may time out before this thread has its next turn.
  dealer.connect(endpoint);
  // In case libzmq tells nothing at all.
  alarm.set(2 * (kConnectMs + limits.handshake_ms));
}

/// Ends this connection and takes what it has brought; the alarm makes the next.
void ControlClient::State::hang_up(int pause) {
  if (dealer) {
    while (auto bytes = take()) kept.push_back(std::move(*bytes));
    wake.forget(monitor.descriptor());
    wake.forget(dealer.get(zmq::sockopt::fd));
    monitor = SocketMonitor();
    dealer.set(zmq::sockopt::linger, 0);
    dealer.close();
  }
  if (!kept.empty()) wake.raise();
  alarm.set(pause);
}

void ControlClient::State::refuse(base::Error error) {
  refusal = std::move(error);
  link = Link::kRefused;
  hang_up(kRefusedPauseMs);
}

/// libzmq tells no more than that the handshake came to no end.
base::Error ControlClient::State::why_it_hung_up() const {
  const std::string where = address.text();
  if (base::steady_now() - dialled + kRounding >= base::Micros{limits.handshake_ms} * 1'000)
    return refusal_error("not_penstock", "what listens there does not answer as a coordinator would", where);
  if (security.keys)
    return refusal_error("server_key_wrong",
                         "what listens there hangs up: it does not have the key that we were given for the "
                         "coordinator, or works without keys",
                         where);
  return refusal_error("keys_mismatch",
                       "what listens there hangs up: it wants keys and we have none, or is no coordinator", where);
}

void ControlClient::State::on_event(const SocketMonitor::Event& event) {
  const std::string where = address.text();
  switch (event.what) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      agreed = true;
      hung_up = 0;
      pause_ms = kFirstPauseMs;
      alarm.set(0);
      return;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return refuse(refusal_error("key_refused",
                                  "the coordinator does not let our key in: it is not in its access file, or not any "
                                  "more",
                                  where));
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      if (event.value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
        return refuse(refusal_error(
            "keys_mismatch",
            security.keys ? "we have keys and the coordinator has none" : "the coordinator wants keys and we have none",
            where));
      return refuse(refusal_error("not_penstock", "what listens there is no coordinator of penstock", where));
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      // A coordinator that is just being ended hangs up once; one that does not agree each time.
      if (++hung_up > 1) return refuse(why_it_hung_up());
      break;
    default:  // Broken, or nobody listens.
      break;
  }
  const bool stood = link == Link::kConnected;
  link = Link::kConnecting;
  hang_up(pause_ms);
  if (!stood) pause_ms = std::min(2 * pause_ms, kLastPauseMs);
}

void ControlClient::State::hear() {
  while (dealer) {
    const auto event = monitor.next();
    if (!event) break;
    on_event(*event);
  }
  if (agreed && link != Link::kConnected && dealer) {
    const Ready now = ready(dealer);
    if (now.output) link = Link::kConnected;
    if (now.input) wake.raise();
  }
  if (!alarm.take()) return;
  hang_up(kRefusedPauseMs);
  try {
    dial();
  } catch (const zmq::error_t&) {  // Out of descriptors or memory: later, then.
    hang_up(kRefusedPauseMs);
  }
}

std::optional<std::string> ControlClient::State::take() {
  zmq::message_t frame;
  for (int frames = 0; frames < kFramesPerCall; ++frames) {
    if (!uninterrupted([&] { return zmq_msg_recv(frame.handle(), dealer.handle(), ZMQ_DONTWAIT); }))
      return std::nullopt;
    const bool whole = !rest_of_message && !frame.more() && frame.size() > 0;
    rest_of_message = frame.more();
    if (whole) return frame.to_string();
  }
  return std::nullopt;
}

bool ControlClient::send(std::string_view bytes) {
  State& state = *state_;
  state.hear();
  if (!state.dealer || bytes.size() > state.limits.message_bytes) return false;
  bool sent = try_send(state.dealer, bytes, 0) == Sent::kYes;
  const Ready now = ready(state.dealer);
  if (!sent && now.output) sent = try_send(state.dealer, bytes, 0) == Sent::kYes;  // Only now it took the edge in.
  if (now.input) state.wake.raise();
  return sent;
}

std::optional<std::string> ControlClient::receive() {
  State& state = *state_;
  state.hear();
  std::optional<std::string> bytes;
  if (!state.kept.empty()) {
    bytes = std::move(state.kept.front());
    state.kept.pop_front();
  } else if (state.dealer) {
    bytes = state.take();
  }
  if (bytes || (state.dealer && ready(state.dealer).input))
    state.wake.raise();
  else
    state.wake.lower();
  return bytes;
}

ControlClient::Link ControlClient::link() {
  state_->hear();
  return state_->link;
}

const base::Error& ControlClient::refusal() const { return state_->refusal; }
int ControlClient::descriptor() const { return state_->wake.descriptor(); }
int ControlClient::monitor_descriptor() const { return state_->wake.descriptor(); }

}  // namespace penstock::channel
