/// What libzmq tells about a socket's connections. Not for other folders. THREAD: its owner's.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/channel/zmq_context.h"

namespace penstock::channel {

class SocketMonitor {
 public:
  struct Event {
    int what = 0;             ///< ZMQ_EVENT_...
    std::uint32_t value = 0;  ///< By event; see zmq_socket_monitor(3).
  };

  SocketMonitor() = default;
  /// May throw zmq::error_t. `watched` outlives the monitor.
  SocketMonitor(zmq::context_t& context, zmq::socket_t& watched, int events);
  ~SocketMonitor() { stop(); }
  SocketMonitor(SocketMonitor&& other) noexcept;
  SocketMonitor& operator=(SocketMonitor&& other) noexcept;

  std::optional<Event> next();  ///< nullopt: nothing new.
  int descriptor() const;
  void stop();  ///< Before the watched socket is closed.

 private:
  zmq::socket_t* watched_ = nullptr;
  zmq::socket_t events_;
};

}  // namespace penstock::channel
