#include <poll.h>

#include "proto/messages.h"
#include "tests/hostile/target.h"

namespace penstock::hostile {
namespace {

std::string access_line(const char* name, const channel::KeyPair& keys, const char* role) {
  return std::string(name) + " " + keys.public_key + " " + role + "\n";
}

proto::Envelope list_jobs() {
  static std::uint64_t id = 0;
  proto::Envelope message;
  message.mutable_request()->set_id(++id);
  message.mutable_request()->mutable_list_jobs();
  return message;
}

}  // namespace

int port_of(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

ControlTarget::ControlTarget(bool with_keys) : with_keys_(with_keys) {
  coordinator::CoordinatorOptions options;
  options.address = "tcp://127.0.0.1:0";
  if (with_keys) {
    list(true);
    guard_ = channel::ZapGuard::start(transport_, admission_).value();
    options.security = {keys_.port, &admission_};
  }
  coordinator_ = coordinator::Coordinator::bind(transport_, options).value();
  address_ = coordinator_->address();
  thread_ = std::thread([this] { coordinator_->run(stop_.get()); });
  honest_ = client(keys_.operator_);
}

ControlTarget::~ControlTarget() {
  honest_.reset();
  stop_.signal();
  thread_.join();
}

void ControlTarget::list(bool worker_too) {
  std::string text = access_line("ops", keys_.operator_, "submit") + access_line("wall", keys_.reader, "read");
  if (worker_too) text += access_line("w1", keys_.worker, "worker");
  admission_.load(directory_.write("access", text)).value();
}

int ControlTarget::port() const { return port_of(address_); }

std::unique_ptr<channel::ControlClient> ControlTarget::client(const channel::KeyPair& own) {
  channel::ClientSecurity security;
  if (with_keys_) security = {own, keys_.port.public_key};
  return std::move(channel::ControlClient::connect(outside_, address_, security).value());
}

std::optional<proto::Envelope> ControlTarget::ask(channel::ControlClient& client, const proto::Envelope& message,
                                                  base::Micros patience) {
  const base::Micros end = base::steady_now() + patience;
  const std::string bytes = proto::encode(message);
  bool sent = false;
  while (base::steady_now() < end) {
    if (!sent) sent = client.send(bytes);
    while (const auto answer = client.receive()) {
      const auto envelope = proto::decode(*answer);
      if (!message.has_request() || (envelope && envelope->answer().id() == message.request().id())) return *envelope;
    }
    pollfd waiting{client.descriptor(), POLLIN, 0};
    poll(&waiting, 1, static_cast<int>((end - base::steady_now()) / 1'000) + 1);
  }
  return std::nullopt;
}

base::Micros ControlTarget::served() {
  const base::Micros begun = base::steady_now();
  return ask(*honest_, list_jobs()) ? base::steady_now() - begun : -1;
}

base::Micros ControlTarget::newcomer_served() {
  const base::Micros begun = base::steady_now();
  const auto newcomer = client(keys_.operator_);
  return ask(*newcomer, list_jobs()) ? base::steady_now() - begun : -1;
}

}  // namespace penstock::hostile
