#include "tools/penstock/own_address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "runtime/channel/address.h"

namespace penstock::tools {
namespace {

constexpr const char* kLoopback = "tcp://127.0.0.1";

base::Result<std::string> numeric(const sockaddr_storage& name, socklen_t size) {
  char host[NI_MAXHOST];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&name), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0)
    return base::fail("no_own_address", "this host's own address cannot be found; say it with --data tcp://ADDRESS");
  return name.ss_family == AF_INET6 ? fmt::format("tcp://[{}]", host) : fmt::format("tcp://{}", host);
}

/// A datagram socket that is connected has chosen its route, and nothing was sent.
base::Result<std::string> source_of_route(const addrinfo& to) {
  const int probe = socket(to.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  const bool known = probe >= 0 && connect(probe, to.ai_addr, to.ai_addrlen) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  if (probe >= 0) close(probe);
  if (!known) return base::fail("no_route", "there is no route to the coordinator; say the own address with --data");
  return numeric(own, size);
}

}  // namespace

base::Result<std::string> address_towards(const std::string& coordinator) {
  const auto address = channel::parse_address(coordinator);
  if (!address) return tl::unexpected(address.error());
  if (address->kind == channel::Address::Kind::kIpc) return kLoopback;
  addrinfo* found = nullptr;
  if (getaddrinfo(address->host.c_str(), address->port.c_str(), nullptr, &found) != 0 || found == nullptr)
    return base::fail("host_unknown", fmt::format("the host of the coordinator is not known: {}", address->host),
                      coordinator);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  return source_of_route(*found);
}

}  // namespace penstock::tools
