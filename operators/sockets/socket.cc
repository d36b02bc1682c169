#include "operators/sockets/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace penstock::operators {
namespace {

constexpr int kConnectMillis = 5000;
constexpr int kBacklog = 128;

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

tl::unexpected<base::Error> failure(const char* code, const std::string& text, const std::string& address, int error) {
  return base::fail(code, text + " " + address + (error != 0 ? std::string(": ") + std::strerror(error) : ""), address,
                    base::Origin::kEnvironment);
}

base::Result<Addresses> resolve(const std::string& address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return tl::unexpected(endpoint.error());
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(endpoint->host.c_str(), endpoint->port.c_str(), &hints, &found);
  if (result != 0) {
    return base::fail("unknown_host", "cannot resolve the host of " + address + ": " + gai_strerror(result), address,
                      base::Origin::kEnvironment);
  }
  return Addresses(found, freeaddrinfo);
}

bool is_loopback(const addrinfo& address) {
  if (address.ai_family == AF_INET) {
    const auto* const ip = reinterpret_cast<const sockaddr_in*>(address.ai_addr);
    return ntohl(ip->sin_addr.s_addr) >> 24 == 127;
  }
  const auto* const ip = reinterpret_cast<const sockaddr_in6*>(address.ai_addr);
  return address.ai_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&ip->sin6_addr);
}

Descriptor make_socket(const addrinfo& address) {
  return Descriptor(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// 0 when connected, else the error.
int finish_connecting(const Descriptor& socket) {
  pollfd state{socket.get(), POLLOUT, 0};
  if (poll(&state, 1, kConnectMillis) == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void send_at_once(const Descriptor& socket) {
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Result<Endpoint> parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto wrong = [&] {
    return base::fail("bad_address", "'" + text + "' is not an address; write host:port, such as 127.0.0.1:7000", text);
  };
  if (colon == text.npos || colon == 0 || colon + 1 == text.size()) return wrong();
  Endpoint endpoint{text.substr(0, colon), text.substr(colon + 1)};
  if (endpoint.port.size() > 5 || endpoint.port.find_first_not_of("0123456789") != text.npos ||
      std::stoi(endpoint.port) > 65535) {
    return wrong();
  }
  const bool bracketed = endpoint.host.front() == '[' && endpoint.host.back() == ']';
  if (bracketed) endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  if (endpoint.host.empty() || (!bracketed && endpoint.host.find(':') != text.npos)) return wrong();
  return endpoint;
}

base::Result<Descriptor> listen_on(const std::string& address) {
  const auto addresses = resolve(address);
  if (!addresses) return tl::unexpected(addresses.error());
  const addrinfo& first = **addresses;
  if (!is_loopback(first)) {
    return base::fail("address_not_loopback",
                      "refusing to listen on " + address +
                          ": anybody who reaches this host could connect; listen on 127.0.0.1 and forward to it",
                      address);
  }
  Descriptor socket = make_socket(first);
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool listens = socket.is_open() && bind(socket.get(), first.ai_addr, first.ai_addrlen) == 0 &&
                       listen(socket.get(), kBacklog) == 0;
  if (listens) return socket;
  if (errno == EADDRINUSE) {
    return failure("port_in_use", "another program (or another node) listens already on", address, 0);
  }
  return failure("listen_failed", "cannot listen on", address, errno);
}

base::Result<Descriptor> connect_to(const std::string& address) {
  const auto addresses = resolve(address);
  if (!addresses) return tl::unexpected(addresses.error());
  int error = 0;
  for (const addrinfo* next = addresses->get(); next != nullptr; next = next->ai_next) {
    Descriptor socket = make_socket(*next);
    error = errno;
    if (!socket.is_open()) continue;
    error = connect(socket.get(), next->ai_addr, next->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) error = finish_connecting(socket);
    if (error != 0) continue;
    send_at_once(socket);
    return socket;
  }
  if (error == ECONNREFUSED) {
    return base::fail("connection_refused", "nothing listens on " + address + "; start the other side first", address,
                      base::Origin::kEnvironment);
  }
  return failure("connect_failed", "cannot connect to", address, error);
}

std::optional<Peer> accept_from(const Descriptor& listener) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  Descriptor socket(accept4(listener.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) return std::nullopt;
  send_at_once(socket);
  char host[NI_MAXHOST] = "?";
  char port[NI_MAXSERV] = "?";
  getnameinfo(reinterpret_cast<const sockaddr*>(&from), size, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  return Peer{std::move(socket), std::string(host) + ":" + port};
}

int local_port(const Descriptor& socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return -1;
  const bool v4 = bound.ss_family == AF_INET;
  return ntohs(v4 ? reinterpret_cast<const sockaddr_in&>(bound).sin_port
                  : reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
}

}  // namespace penstock::operators
