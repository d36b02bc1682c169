#include "runtime/channel/listening.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace penstock::channel {
namespace {

/// Connections that wait to be taken: where a storm fills this, the kernel lets the honest wait for a second.
constexpr int kBacklog = 4'096;

tl::unexpected<base::Error> environment(std::string code, std::string text, const Address& address) {
  return base::fail(std::move(code), std::move(text), address.text(), base::Origin::kEnvironment);
}

bool somebody_listens(const std::string& path) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  const bool refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
                       (errno == ECONNREFUSED || errno == ENOENT);
  close(probe);
  return !refused;
}

base::Result<void> free_path(const Address& address) {
  struct stat found {};
  if (lstat(address.path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return environment("address_unusable",
                       fmt::format("cannot listen on {}: there is a file that is no socket", address.text()), address);
  if (somebody_listens(address.path))
    return environment("port_in_use",
                       fmt::format("cannot listen on {}: somebody listens there already", address.text()), address);
  return {};
}

base::Result<void> bind_error(const Address& address, int error) {
  const std::string cannot = fmt::format("cannot listen on {}: ", address.text());
  switch (error) {
    case EADDRINUSE:
      return environment("port_in_use", cannot + "somebody listens there already", address);
    case EADDRNOTAVAIL:
      return environment("address_unusable", cannot + "this host does not have that address", address);
    case ENODEV:
    case EINVAL:
      return environment("address_unusable",
                         cannot + "the host must be an IP address of this host, a network interface, localhost or *",
                         address);
    default:
      return environment("cannot_listen", cannot + zmq_strerror(error), address);
  }
}

}  // namespace

base::Result<std::string> listen_on(zmq::socket_t& socket, const Address& address) {
  if (address.kind == Address::Kind::kIpc)
    if (const auto free = free_path(address); !free) return tl::unexpected(free.error());
  try {
    Address named = address;
    if (named.host == "localhost") named.host = "127.0.0.1";  // libzmq asks no resolver for what it binds.
    if (named.ipv6()) socket.set(zmq::sockopt::ipv6, true);
    socket.set(zmq::sockopt::backlog, kBacklog);
    socket.bind(named.text());
    if (address.kind == Address::Kind::kIpc) chmod(address.path.c_str(), S_IRUSR | S_IWUSR);
    return socket.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    return tl::unexpected(bind_error(address, error.num()).error());
  }
}

}  // namespace penstock::channel
