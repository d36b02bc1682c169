/// Hears of the connections that lead to other processes: which stand and which are broken. A broken one is possible
/// loss, and ends the attempt. THREAD: its owner's; Mailbox::connect() adds to it before the owner waits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/channel/transport.h"

namespace zmq {
class socket_t;
}

namespace penstock::channel {

class LinkWatch {
 public:
  enum class What : std::uint8_t {
    kUp,       ///< Connected, and the other side has agreed to talk.
    kDown,     ///< Was up, and is broken.
    kRefused,  ///< Nobody listens there, or the other side does not want this one.
  };
  struct Event {
    int from = 0;  ///< Executor here.
    int to = 0;    ///< Executor there.
    What what = What::kUp;
  };

  explicit LinkWatch(TransportContext& context);
  ~LinkWatch();  ///< Before the mailboxes whose links it watches.

  /// Waits until a link has changed or one of the descriptors is readable, at most `timeout_ms` (-1: for ever). What
  /// has happened before take() last returned is not waited for again.
  void wait(std::span<const int> descriptors, int timeout_ms) const;
  std::vector<Event> take();

 private:
  friend class Mailbox;
  void add(int from, int to, zmq::socket_t& socket);  ///< May throw zmq::error_t.
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::channel
