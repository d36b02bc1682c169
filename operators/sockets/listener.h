/// A listening socket of a source or sink. When the process has no file descriptor left, accept() fails while the
/// waiting connection goes on waking the task; the listener then looks away for half a second at a time and says so
/// once. THREAD: the owner's.
#pragma once

#include <optional>
#include <string>

#include "operators/sockets/socket.h"
#include "runtime/api/context.h"

namespace penstock::operators {

class Listener {
 public:
  base::Result<void> open(const std::string& address, api::Context& context);
  bool is_open() const { return socket_.is_open(); }
  /// The next connection that waits; nullopt when there is none, or none can be taken now.
  std::optional<Peer> accept(api::Context& context);
  const Descriptor& socket() const { return socket_; }

 private:
  void look_away(int error, api::Context& context);

  std::string address_;
  Descriptor socket_;
  bool away_ = false, told_ = false;
  base::Micros back_at_ = 0;
};

}  // namespace penstock::operators
