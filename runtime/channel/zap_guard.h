/// The doorman of a process (ZeroMQ's RFC 27, ZAP): libzmq asks it about every connection to a socket with keys, or
/// with a token for keys, and lets in whom Admission lists for the socket's domain, nobody else. While there is no
/// guard nobody is let in at all. THREAD: its own; what is public may be called by any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/channel/admission.h"
#include "runtime/channel/transport.h"

namespace penstock::channel {

class ZapGuard {
 public:
  /// One per context, before its sockets are bound; both outlive it. Code cannot_guard.
  static base::Result<std::unique_ptr<ZapGuard>> start(TransportContext& context, const Admission& admission);
  ~ZapGuard();

  /// Somebody who was not let in.
  struct Denied {
    std::string host;        ///< IP address; empty for ipc.
    std::string public_key;  ///< No secret; empty: it proved none.
    std::string domain;
  };
  /// The latest since last asked, at most 32: for the log.
  std::vector<Denied> take_denied();
  std::uint64_t denied() const;  ///< All, since the start.

 private:
  struct State;
  explicit ZapGuard(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What the guard tells a socket about the peer of a message: the key that it proved to have. A peer can give itself no
/// property of this name.
constexpr const char* kKeyProperty = "X-Penstock-Key";

}  // namespace penstock::channel
