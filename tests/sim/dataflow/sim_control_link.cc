/// runtime/channel/control_server.h, control_client.h and zap_guard.h over the simulated network, in the place of
/// libzmq.
#include <utility>

#include "runtime/channel/control_client.h"
#include "runtime/channel/control_server.h"
#include "runtime/channel/zap_guard.h"
#include "tests/sim/dataflow/network.h"

namespace penstock::channel {

using sim::Network;

// --- the coordinator's end

struct ControlServer::State {
  Network::Server server;
  std::string address;
};

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlServer::~ControlServer() {
  Network::running().close_server(state_->server);
  Network::running().kernel().close_event(state_->server.event);
}

base::Result<std::unique_ptr<ControlServer>> ControlServer::bind(TransportContext&, const std::string& address,
                                                                 const ServerSecurity&, ControlLimits) {
  sim::Kernel& kernel = Network::running().kernel();
  auto state = std::make_unique<State>();
  state->server.process = &kernel.process();
  state->server.event = kernel.make_event();
  state->address = address;
  Network::running().open_server(state->server);
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

std::optional<ControlServer::Received> ControlServer::receive() {
  auto& arrived = state_->server.arrived;
  if (arrived.empty()) {
    Network::running().kernel().take(state_->server.event);
    return std::nullopt;
  }
  Received received{std::move(arrived.front().first), std::move(arrived.front().second), std::nullopt, {}};
  arrived.pop_front();
  return received;
}

base::Result<void> ControlServer::send(const std::string& peer, std::string_view bytes) {
  if (Network::running().to_client(peer, std::string(bytes))) return {};
  return base::fail("peer_gone", "it is not connected", {}, base::Origin::kEnvironment);
}

bool ControlServer::take_disconnect() { return std::exchange(state_->server.disconnected, false); }
ControlServer::Refused ControlServer::refused() const { return {}; }
int ControlServer::descriptor() const { return state_->server.event; }
std::string ControlServer::address() const { return state_->address; }

// --- a worker's or a client's

struct ControlClient::State {
  std::shared_ptr<Network::Client> client = std::make_shared<Network::Client>();
  base::Error refusal;
};

ControlClient::ControlClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlClient::~ControlClient() { Network::running().kernel().close_event(state_->client->event); }

base::Result<std::unique_ptr<ControlClient>> ControlClient::connect(TransportContext&, const std::string&,
                                                                    const ClientSecurity&, ControlLimits) {
  sim::Kernel& kernel = Network::running().kernel();
  auto state = std::make_unique<State>();
  state->client->process = &kernel.process();
  state->client->event = kernel.make_event();
  Network::running().open_client(state->client);
  return std::unique_ptr<ControlClient>(new ControlClient(std::move(state)));
}

bool ControlClient::send(std::string_view bytes) {
  if (state_->client->peer.empty()) return false;
  Network::running().to_server(state_->client->peer, std::string(bytes));
  return true;
}

std::optional<std::string> ControlClient::receive() {
  auto& arrived = state_->client->arrived;
  if (arrived.empty()) {
    Network::running().kernel().take(state_->client->event);
    return std::nullopt;
  }
  std::string bytes = std::move(arrived.front());
  arrived.pop_front();
  return bytes;
}

ControlClient::Link ControlClient::link() {
  return state_->client->peer.empty() ? Link::kConnecting : Link::kConnected;
}
const base::Error& ControlClient::refusal() const { return state_->refusal; }
int ControlClient::descriptor() const { return state_->client->event; }
int ControlClient::monitor_descriptor() const { return state_->client->event; }

// --- who is let in: the network asks the process's Admission itself

struct ZapGuard::State {};

ZapGuard::ZapGuard(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZapGuard::~ZapGuard() = default;

base::Result<std::unique_ptr<ZapGuard>> ZapGuard::start(TransportContext&, const Admission& admission) {
  Network& network = Network::running();
  network.admissions[&network.kernel().process()] = &admission;
  return std::unique_ptr<ZapGuard>(new ZapGuard(std::make_unique<State>()));
}

std::vector<ZapGuard::Denied> ZapGuard::take_denied() { return {}; }
std::uint64_t ZapGuard::denied() const { return 0; }

}  // namespace penstock::channel
