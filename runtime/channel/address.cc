#include "runtime/channel/address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <utility>

#include "runtime/base/number_text.h"

namespace penstock::channel {
namespace {

constexpr std::string_view kTcpScheme = "tcp://";
constexpr std::string_view kIpcScheme = "ipc://";
constexpr int kMostPort = 65535;

tl::unexpected<base::Error> bad(std::string_view text, std::string_view what) {
  return base::fail("bad_address",
                    fmt::format("'{}' is not an address: {}; an address looks like tcp://127.0.0.1:7461, "
                                "coordinator.example:7461 or ipc:///run/penstock/control",
                                text, what),
                    std::string(text));
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

base::Result<Address> parse_ipc(std::string_view text) {
  const std::string_view path = text.substr(kIpcScheme.size());
  if (path.empty() || path[0] != '/') return bad(text, "the path of an ipc address begins with /");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return bad(text, fmt::format("the path is longer than the {} bytes that a socket's may have",
                                 sizeof(sockaddr_un::sun_path) - 1));
  return Address{Address::Kind::kIpc, {}, {}, std::string(path)};
}

base::Result<Address> parse_tcp(std::string_view text, std::string_view rest) {
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || (!rest.empty() && rest.back() == ']')) return bad(text, "it has no port");
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return bad(text, "an IPv6 address stands in brackets, as in tcp://[::1]:7461");
  if (host.empty()) return bad(text, "it has no host");
  if (host.find_first_of("/[];@") != std::string_view::npos) return bad(text, "that is not the name of a host");
  if (port == "*") return Address{Address::Kind::kTcp, std::string(host), "0", {}};
  const auto number = base::parse_int64(port);
  if (!number || *number < 0 || *number > kMostPort || port[0] < '0' || port[0] > '9')
    return bad(text, fmt::format("'{}' is not a port", port));
  return Address{Address::Kind::kTcp, std::string(host), std::to_string(*number), {}};
}

/// Only what surely is: a name may resolve to anything, and an interface have any address.
bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

std::string Address::text() const {
  if (kind == Kind::kIpc) return fmt::format("ipc://{}", path);
  return ipv6() ? fmt::format("tcp://[{}]:{}", host, port) : fmt::format("tcp://{}:{}", host, port);
}

base::Result<Address> parse_address(std::string_view text) {
  if (text.empty()) return bad(text, "it is empty");
  if (!printable(text)) return bad(text, "it has a blank or an unprintable character in it");
  if (text.starts_with(kIpcScheme)) return parse_ipc(text);
  if (text.starts_with(kTcpScheme)) return parse_tcp(text, text.substr(kTcpScheme.size()));
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos)
    return bad(text, fmt::format("'{}' is not spoken here", text.substr(0, scheme)));
  return parse_tcp(text, text);
}

base::Result<void> may_listen(std::string_view address, bool has_keys, bool insecure) {
  auto parsed = parse_address(address);
  if (!parsed) {
    const auto with_port = parse_address(std::string(address) + ":0");
    if (!with_port) return tl::unexpected(parsed.error());
    parsed = with_port;
  }
  if (has_keys || insecure || parsed->kind == Address::Kind::kIpc || is_loopback(parsed->host)) return {};
  return base::fail("listen_unsafe",
                    fmt::format("other hosts can reach {}, and without keys whoever does may run what they like: give "
                                "keys (penstock keygen makes them), listen on 127.0.0.1, or say --insecure where the "
                                "network itself keeps strangers out",
                                address),
                    std::string(address));
}

}  // namespace penstock::channel
