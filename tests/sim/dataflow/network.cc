#include "tests/sim/dataflow/network.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/check.h"

namespace penstock::sim {
namespace {
Network* the_network = nullptr;
constexpr base::Micros kDialEvery = 50'000;
}  // namespace

Network::Network(Kernel& kernel) : kernel_(kernel) {
  CHECK(the_network == nullptr);
  the_network = this;
}
Network::~Network() { the_network = nullptr; }
Network& Network::running() { return *the_network; }

base::Micros Network::delay() {
  Random& random = kernel_.random();
  if (random.chance(faults.straggler)) return random.between(0, 500'000);
  return random.between(20, faults.latency);
}

// --- frames

std::string Network::listen(std::shared_ptr<Inbox> inbox, const std::string& near) {
  const std::string address = fmt::format("{}:{}", near, ++names_);
  inboxes_[address] = inbox;
  stands_for_[address] = inbox->process->name;
  return address;
}

std::shared_ptr<Link> Network::connect(const std::string& to, const std::string& token,
                                       std::function<void(bool)> hear) {
  auto link = std::make_shared<Link>();
  link->from = &kernel_.process();
  link->to = to;
  link->token = token;
  link->hear = std::move(hear);
  links_.push_back(link);
  kernel_.after(delay(), [this, link] { try_link(link); });
  return link;
}

void Network::try_link(const std::shared_ptr<Link>& link) {
  if (link->from->dead || link->down) return;
  const auto at = inboxes_.find(link->to);
  const auto inbox = at == inboxes_.end() ? nullptr : at->second.lock();
  if (inbox && inbox->process->frozen_until > kernel_.now() && !inbox->process->dead)  // Its handshake waits.
    return kernel_.after(10'000, [this, link] { try_link(link); });
  const auto admission = inbox ? admissions.find(inbox->process) : admissions.end();
  const bool known = inbox && !inbox->process->dead && admission != admissions.end() &&
                     (inbox->domain.empty() || admission->second->name_in(inbox->domain, link->token));
  if (known) {
    link->inbox = inbox;
    link->up = true;
  } else {
    link->down = true;
  }
  link->hear(known);
}

/// In the order in which they were sent, as long as the connection stands.
void Network::send(Link& link, std::string bytes) {
  if (kernel_.process().dead || !link.up || link.down) return;
  if (watcher != nullptr) watcher->on_frame(link, bytes);
  if (kernel_.random().chance(faults.stray))
    kernel_.after(kernel_.random().between(1'000, 1'500'000),
                  [this, address = link.to, bytes] { arrive(address, {}, bytes); });
  link.last_arrival = std::max(link.last_arrival, kernel_.now() + delay());
  kernel_.after(link.last_arrival - kernel_.now(),
                [this, self = link.shared_from_this(), bytes = std::move(bytes)]() mutable {
                  if (!self->down) arrive(self->to, self->inbox, std::move(bytes));
                });
}

/// What has no inbox of its own any more goes to another of the same worker, if there is one.
void Network::arrive(const std::string& address, const std::weak_ptr<Inbox>& own, std::string bytes) {
  std::shared_ptr<Inbox> inbox = own.lock();
  if (!inbox) {
    std::vector<std::shared_ptr<Inbox>> there;
    for (const auto& [other, candidate] : inboxes_)
      if (const auto open = candidate.lock(); open && stands_for_[other] == stands_for_[address]) there.push_back(open);
    if (there.empty() || faults.stray <= 0) return;
    inbox = kernel_.random().one_of(there);
    if (inboxes_[address].lock()) return;  // It still comes to where it was meant for: no stray, but a repetition.
  }
  if (inbox->process->dead) return;
  inbox->arrived.push_back(std::move(bytes));
  kernel_.signal(inbox->event);
}

void Network::cut(Link& link) {
  if (link.down) return;
  link.down = true;
  link.hear(false);
}

void Network::cut_one() {
  std::vector<std::shared_ptr<Link>> up;
  for (const auto& one : links_)
    if (const auto link = one.lock(); link && link->up && !link->down && !link->from->dead) up.push_back(link);
  if (!up.empty()) cut(*kernel_.random().one_of(up));
}

// --- control

void Network::open_server(Server& server) { server_ = &server; }

void Network::close_server(Server& server) {
  if (server_ != &server) return;
  server_ = nullptr;
  for (const std::string& peer : server.peers) {
    const auto client = clients_[peer].lock();
    clients_.erase(peer);
    if (!client) continue;
    client->peer.clear();
    kernel_.signal(client->event);
    kernel_.after(kDialEvery, [this, client] { dial(client); });
  }
}

void Network::open_client(std::shared_ptr<Client> client) {
  kernel_.after(delay(), [this, client = std::move(client)] { dial(client); });
}

void Network::dial(const std::shared_ptr<Client>& client) {
  if (client->process->dead || client.use_count() == 1) return;
  if (server_ == nullptr || server_->process->dead) return kernel_.after(kDialEvery, [this, client] { dial(client); });
  client->peer = fmt::format("peer-{}", ++names_);
  clients_[client->peer] = client;
  server_->peers.insert(client->peer);
  kernel_.signal(client->event);
}

void Network::to_server(const std::string& peer, std::string bytes) {
  if (kernel_.process().dead) return;
  if (watcher != nullptr) watcher->on_control(bytes);
  if (kernel_.random().chance(faults.control_lost)) return;
  const int times = kernel_.random().chance(faults.control_twice) ? 2 : 1;
  for (int i = 0; i < times; ++i)
    kernel_.after(delay(), [this, peer, bytes] {
      if (server_ == nullptr || server_->process->dead || !server_->peers.contains(peer)) return;
      server_->arrived.emplace_back(peer, bytes);
      kernel_.signal(server_->event);
    });
}

bool Network::to_client(const std::string& peer, std::string bytes) {
  if (kernel_.process().dead) return true;
  if (!clients_.contains(peer)) return false;
  if (watcher != nullptr) watcher->on_control(bytes);
  if (kernel_.random().chance(faults.control_lost)) return true;
  const int times = kernel_.random().chance(faults.control_twice) ? 2 : 1;
  for (int i = 0; i < times; ++i)
    kernel_.after(delay(), [this, peer, bytes] {
      const auto client = clients_[peer].lock();
      if (!client || client->peer != peer || client->process->dead) return;
      client->arrived.push_back(bytes);
      kernel_.signal(client->event);
    });
  return true;
}

void Network::on_death(Process& process, bool silently) {
  admissions.erase(&process);
  if (silently) return;
  kernel_.after(delay(), [this, &process] {
    std::erase_if(links_, [](const auto& link) { return link.expired(); });
    for (const auto& one : links_) {
      const auto link = one.lock();
      const auto inbox = link ? link->inbox.lock() : nullptr;
      if (link && link->up && (!inbox || inbox->process == &process) && !link->from->dead) cut(*link);
    }
    for (auto& [peer, weak] : std::map(clients_)) {
      const auto client = weak.lock();
      if (client && client->process != &process) continue;
      clients_.erase(peer);
      if (server_ == nullptr) continue;
      server_->peers.erase(peer);
      server_->disconnected = true;
      kernel_.signal(server_->event);
    }
  });
}

}  // namespace penstock::sim
