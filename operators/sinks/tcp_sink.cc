#include "operators/sinks/tcp_sink.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace penstock::operators {
namespace {
constexpr std::size_t kBufferBytes = 64 << 10;
}

TcpSink::TcpSink(const api::NodeSpec& spec, RowText text)
    : text_(std::move(text)),
      kept_(spec.node.delivery == topology::Delivery::kAtMostOnce),
      connect_(spec.node.params.text("connect")),
      listen_(spec.node.params.text("listen")) {}

base::Result<void> TcpSink::open(api::Context& context) {
  if (!listen_.empty()) return listener_.open(listen_, context);
  auto socket = connect_to(connect_);
  if (!socket) return tl::unexpected(socket.error());
  add_client(std::move(*socket));
  return {};
}

void TcpSink::add_client(Descriptor socket) {
  Client client;
  client.socket = std::move(socket);
  text_.header(client.greeting);
  clients_.push_back(std::move(client));
}

void TcpSink::accept_clients(api::Context& context) {
  if (!listener_.is_open()) return;
  while (auto peer = listener_.accept(context)) add_client(std::move(peer->socket));
}

api::Step TcpSink::write(const record::Rows& rows, api::Context& context) {
  text_.append(rows, kept_.in_use() ? kept_.segment() : buffer_, context.counters());
  return buffer_.size() >= kBufferBytes ? drain(context) : api::Step::kDone;
}

api::BlockingJob TcpSink::stage(std::uint64_t epoch, api::SavedParts&, api::Context&) {
  kept_.close(epoch);
  return {};
}

api::BlockingJob TcpSink::publish(std::uint64_t epoch, api::Context& context) {
  if (kept_.release(epoch, buffer_)) drain(context);  // What cannot be sent now is when there is room.
  return {};
}

void TcpSink::abort() {
  buffer_.clear();
  kept_.clear();
}

TcpSink::Sent TcpSink::send_to(Client& client) {
  const std::size_t total = client.greeting.size() + buffer_.size();
  while (client.sent < total) {
    const bool greets = client.sent < client.greeting.size();
    const std::string_view rest = greets ? std::string_view(client.greeting).substr(client.sent)
                                         : std::string_view(buffer_).substr(client.sent - client.greeting.size());
    const ssize_t sent = send(client.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      client.sent += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      return Sent::kSome;
    } else if (errno != EINTR) {
      return Sent::kGone;
    }
  }
  return Sent::kAll;
}

void TcpSink::watch(Client& client, bool wanted, api::Context& context) {
  if (client.watching == wanted) return;
  client.watching = wanted;
  if (wanted) {
    context.watch(client.socket.get(), true);
  } else {
    context.unwatch(client.socket.get());
  }
}

void TcpSink::forget(Client& client, api::Context& context) {
  const int error = errno;
  watch(client, false, context);
  client.socket.close();
  if (listen_.empty()) {
    context.fail({"connection_lost", "the connection to " + connect_ + " was lost: " + std::strerror(error),
                  base::Origin::kEnvironment, true, connect_});
  }
}

api::Step TcpSink::drain(api::Context& context) {
  accept_clients(context);
  if (buffer_.empty()) return api::Step::kDone;
  bool all = true;
  for (Client& client : clients_) {
    const Sent sent = send_to(client);
    if (sent == Sent::kGone) {
      forget(client, context);
    } else {
      watch(client, sent == Sent::kSome, context);
      all = all && sent == Sent::kAll;
    }
  }
  const bool had_clients = !clients_.empty();
  std::erase_if(clients_, [](const Client& client) { return !client.socket.is_open(); });
  if (!all) return api::Step::kBlocked;
  if (clients_.empty() && !listen_.empty()) {
    // Who comes next gets these rows from their start; the listening socket wakes us.
    return had_clients ? drain(context) : api::Step::kBlocked;
  }
  buffer_.clear();
  for (Client& client : clients_) {
    client.greeting.clear();
    client.sent = 0;
  }
  return api::Step::kDone;
}

base::Result<std::unique_ptr<api::Sink>> make_tcp_sink(const api::NodeSpec& spec) {
  if (spec.place.count > 1 && spec.node.params.has("listen")) {
    return base::fail("tcp_sink_parallel", "a tcp sink that listens has one port; say `parallelism: 1` at it");
  }
  auto text = RowText::make(spec);
  if (!text) return tl::unexpected(text.error());
  return std::make_unique<TcpSink>(spec, std::move(*text));
}

}  // namespace penstock::operators
