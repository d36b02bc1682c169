/// The coordinator's end of the control connections (a ROUTER socket): whole messages from and to peers it has heard
/// of. Nothing here blocks, and no peer can make it: one that does not read is refused, the others go on. THREAD: its
/// owner's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/channel/security.h"
#include "runtime/channel/transport.h"

namespace penstock::channel {

/// What one peer may cost.
struct ControlLimits {
  std::size_t message_bytes = 80 << 20;  ///< A peer that announces a larger one is cut off.
  int queued_messages = 64;              ///< Of one peer, in each direction; what the kernel holds comes on top.
  int handshake_ms = 2'000;              ///< A connection that is not agreed by then is closed.
};

class ControlServer {
 public:
  /// Codes: bad_address, port_in_use, address_unusable, cannot_listen.
  static base::Result<std::unique_ptr<ControlServer>> bind(TransportContext& context, const std::string& address,
                                                           const ServerSecurity& security, ControlLimits limits = {});
  ~ControlServer();

  struct Received {
    std::string peer;  ///< Names the connection, any bytes. A peer that reconnects comes under another.
    std::string bytes;
    std::optional<Access> access;  ///< From the access list as it is now; nullopt without keys.
    std::string host;              ///< Where the peer connects from: an IP address, empty for ipc.
  };
  /// nullopt: nothing there. Takes from the peers in turn. While peers keep sending it never runs dry: take a bounded
  /// number, then see to other things; descriptor() stays readable.
  std::optional<Received> receive();
  /// Codes: peer_gone (it is not connected), control_refused (it does not read, and its queue is full: send later),
  /// control_too_large. A peer that has just gone may still be taken for there.
  base::Result<void> send(const std::string& peer, std::string_view bytes);
  bool take_disconnect();  ///< Some peer's connection has broken since last asked; send() tells which.

  /// What was thrown away, since the start.
  struct Refused {
    std::uint64_t handshakes = 0;    ///< Connections that were not agreed on: no or wrong key, no ZMTP, too slow.
    std::uint64_t malformed = 0;     ///< Messages that were empty or of several parts.
    std::uint64_t unauthorized = 0;  ///< Messages under a key that is no longer listed, or of another's peer name.
  };
  Refused refused() const;

  int descriptor() const;       ///< Readable while there may be something to receive or a disconnect to take.
  std::string address() const;  ///< What peers connect to, with the port that was bound.

 private:
  struct State;
  explicit ControlServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock::channel
