/// runtime/channel/transport.h and link_watch.h over the simulated network, in the place of libzmq. Frames travel as
/// the bytes of proto/WIRE.md between processes, as handles inside one.
#include <fmt/core.h>
#include <poll.h>

#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "runtime/channel/link_watch.h"
#include "runtime/channel/transport.h"
#include "runtime/record/frame.h"
#include "tests/sim/dataflow/network.h"

namespace penstock::channel {

using record::Frame;
using sim::Network;

struct TransportContext::State {
  std::map<std::string, Mailbox*> mailboxes;  // By name and executor.
};

TransportContext::TransportContext(int) : state_(std::make_unique<State>()) {}
TransportContext::~TransportContext() = default;

// --- who hears of links

struct LinkWatch::State {
  int event = Network::running().kernel().make_event();
  std::vector<Event> events;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

LinkWatch::LinkWatch(TransportContext&) : state_(std::make_unique<State>()) {}
LinkWatch::~LinkWatch() {
  *state_->alive = false;
  Network::running().kernel().close_event(state_->event);
}

void LinkWatch::wait(std::span<const int> descriptors, int timeout_ms) const {
  std::vector<pollfd> waiting;
  for (const int descriptor : descriptors) waiting.push_back({descriptor, POLLIN, 0});
  waiting.push_back({state_->event, POLLIN, 0});
  poll(waiting.data(), waiting.size(), timeout_ms);
}

std::vector<LinkWatch::Event> LinkWatch::take() {
  Network::running().kernel().take(state_->event);
  return std::exchange(state_->events, {});
}

// --- mailboxes

struct Mailbox::State {
  TransportContext::State* context = nullptr;
  std::string name;
  int self = 0;
  std::deque<Frame*> handles;
  int event = Network::running().kernel().make_event();
  std::shared_ptr<sim::Inbox> remote;
  std::map<int, std::shared_ptr<sim::Link>> links;
  std::optional<record::FrameFault> fault;
  bool remote_first = false;
};

namespace {

std::string key_of(const std::string& name, int executor) { return name + "-" + std::to_string(executor); }

std::string bytes_of(Frame* frame) {
  const auto payload = frame->bytes();
  const auto header = record::encode_header(frame->header, payload);
  std::string bytes(reinterpret_cast<const char*>(header.data()), header.size());
  if (!payload.empty()) bytes.append(reinterpret_cast<const char*>(payload.data()), payload.size());
  record::FramePool::give_back(frame);
  return bytes;
}

}  // namespace

Mailbox::Mailbox(TransportContext& context, const std::string& name, int self, ExecutorRange)
    : state_(std::make_unique<State>()) {
  state_->context = context.state_.get();
  state_->name = name;
  state_->self = self;
  context.state_->mailboxes[key_of(name, self)] = this;
}

Mailbox::~Mailbox() {
  state_->context->mailboxes.erase(key_of(state_->name, state_->self));
  sim::Kernel& kernel = Network::running().kernel();
  kernel.close_event(state_->event);
  if (state_->remote) kernel.close_event(state_->remote->event);
  for (const auto& [peer, link] : state_->links) link->down = true;
}

base::Result<std::string> Mailbox::listen(const std::string& address, const InboxSecurity& security) {
  sim::Kernel& kernel = Network::running().kernel();
  state_->remote = std::make_shared<sim::Inbox>();
  state_->remote->process = &kernel.process();
  state_->remote->domain = security.domain;
  state_->remote->event = kernel.make_event();
  return Network::running().listen(state_->remote, address);
}

base::Result<void> Mailbox::connect(int peer, const std::string& address, LinkWatch& watch,
                                    const ClientSecurity& security) {
  auto* const hears = watch.state_.get();
  auto hear = [hears, alive = hears->alive, from = state_->self, peer, was_up = false](bool up) mutable {
    if (!*alive) return;
    const auto broken = was_up ? LinkWatch::What::kDown : LinkWatch::What::kRefused;
    hears->events.push_back({from, peer, up ? LinkWatch::What::kUp : broken});
    was_up = was_up || up;
    Network::running().kernel().signal(hears->event);
  };
  state_->links[peer] = Network::running().connect(address, security.token, std::move(hear));
  return {};
}

void Mailbox::send(int peer, Frame* frame) {
  if (const auto link = state_->links.find(peer); link != state_->links.end())
    return Network::running().send(*link->second, bytes_of(frame));
  const auto there = state_->context->mailboxes.find(key_of(state_->name, peer));
  if (there == state_->context->mailboxes.end()) return record::FramePool::give_back(frame);
  there->second->state_->handles.push_back(frame);
  Network::running().kernel().signal(there->second->state_->event);
}

bool Mailbox::flush() { return true; }
bool Mailbox::holds_refused() const { return false; }

Frame* Mailbox::receive(record::SizedFrames& frames) {
  sim::Kernel& kernel = Network::running().kernel();
  state_->remote_first = !state_->remote_first;
  const auto local = [&]() -> Frame* {
    kernel.take(state_->event);
    if (state_->handles.empty()) return nullptr;
    Frame* frame = state_->handles.front();
    state_->handles.pop_front();
    if (!state_->handles.empty()) kernel.signal(state_->event);
    return frame;
  };
  if (!state_->remote_first || !state_->remote)
    if (Frame* frame = local()) return frame;
  if (!state_->remote) return nullptr;
  auto& arrived = state_->remote->arrived;
  while (!arrived.empty()) {
    const std::string bytes = std::move(arrived.front());
    arrived.pop_front();
    const std::span whole(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
    record::FrameHeader header;
    if (const auto fault = record::decode_header(whole, header)) {
      state_->fault = fault;
      continue;
    }
    Frame* frame = frames.take(header.payload_bytes);
    frame->header = header;
    if (header.payload_bytes > 0)
      std::memcpy(frame->payload.data(), whole.data() + record::kHeaderBytes, header.payload_bytes);
    return frame;
  }
  kernel.take(state_->remote->event);
  return local();
}

std::optional<record::FrameFault> Mailbox::take_fault() { return std::exchange(state_->fault, std::nullopt); }
int Mailbox::descriptor() const { return state_->event; }
int Mailbox::remote_descriptor() const { return state_->remote ? state_->remote->event : -1; }

}  // namespace penstock::channel
