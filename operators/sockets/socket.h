/// TCP endpoints for sources and sinks: resolve, connect, listen, accept. Everything is non-blocking but for connect_to
/// and the resolving of names, which are done while a job starts. THREAD: the owner's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/error.h"

namespace penstock::operators {

class Descriptor {  ///< Closes what it owns.
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor();
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  void close() { *this = Descriptor(); }

 private:
  int descriptor_;
};

struct Endpoint {
  std::string host;
  std::string port;
};
/// "host:port" or "[::1]:port". Error: bad_address.
base::Result<Endpoint> parse_endpoint(const std::string& text);

/// A listening socket on a loopback address. Errors: bad_address, unknown_host, address_not_loopback, port_in_use,
/// listen_failed.
base::Result<Descriptor> listen_on(const std::string& address);
/// A connection, waited for at most five seconds. Errors: bad_address, unknown_host, connection_refused,
/// connect_failed.
base::Result<Descriptor> connect_to(const std::string& address);

struct Peer {
  Descriptor socket;
  std::string name;  ///< "127.0.0.1:51234"
};
/// The next connection that waits; nullopt when there is none.
std::optional<Peer> accept_from(const Descriptor& listener);
/// The port a socket is bound to.
int local_port(const Descriptor& socket);

}  // namespace penstock::operators
