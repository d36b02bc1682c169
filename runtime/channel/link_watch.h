/// Hears of the connections that lead to other processes: which stand and which are broken. A broken one is possible
/// loss, and ends the attempt. THREAD: its owner's; add() may be called by the thread that connects, before the owner
/// waits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/channel/transport.h"

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
  ~LinkWatch();

  /// Waits until a link has changed, a descriptor (`wake`, `also`; -1: none) is readable, or `timeout_ms` has passed
  /// (-1: for ever).
  void wait(int wake, int also, long timeout_ms);
  std::vector<Event> take();

 private:
  friend class Mailbox;
  /// Where the monitor of the outbox `from` -> `to` will report; a new name each time.
  std::string add(int from, int to);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::channel
