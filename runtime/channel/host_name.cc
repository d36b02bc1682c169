#include "runtime/channel/host_name.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>

#include <memory>

namespace penstock::channel {
namespace {

constexpr std::size_t kMostText = INET6_ADDRSTRLEN;

std::string numbers(const addrinfo& found) {
  char text[kMostText] = {};
  const void* bytes = found.ai_family == AF_INET
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(found.ai_addr)->sin_addr)
                          : &reinterpret_cast<const sockaddr_in6*>(found.ai_addr)->sin6_addr;
  inet_ntop(found.ai_family, bytes, text, sizeof text);
  return text;
}

}  // namespace

base::Result<Address> resolve(const Address& address) {
  if (address.kind == Address::Kind::kIpc || address.ipv6()) return address;
  Address resolved = address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(address.host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  if (status != 0)
    return base::fail("host_unknown", fmt::format("cannot find the host '{}': {}", address.host, gai_strerror(status)),
                      address.text(), base::Origin::kEnvironment);
  resolved.host = numbers(*list);
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET) continue;
    resolved.host = numbers(*each);  // localhost is often both, and a server that binds it binds this one.
    break;
  }
  return resolved;
}

}  // namespace penstock::channel
