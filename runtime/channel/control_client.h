/// A worker's or a client's end of a control connection (a DEALER socket). It connects by itself, and again whenever
/// the connection breaks, each time under a fresh random name: a server that has not yet noticed that the old one is
/// gone would ignore the new one. What was under way when it broke may be lost. Nothing here blocks. THREAD: its
/// owner's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/channel/control_server.h"
#include "runtime/channel/security.h"
#include "runtime/channel/transport.h"

namespace penstock::channel {

class ControlClient {
 public:
  /// Does not wait for the connection. Codes: bad_address, host_unknown, cannot_connect.
  static base::Result<std::unique_ptr<ControlClient>> connect(TransportContext& context, const std::string& address,
                                                              const ClientSecurity& security,
                                                              ControlLimits limits = {});
  ~ControlClient();  ///< A message that was just sent has a short time to leave.

  bool send(std::string_view bytes);  ///< False: not connected, its queue is full, or the message is too large.
  std::optional<std::string> receive();

  enum class Link : unsigned char {
    kConnecting,  ///< Nobody answers yet; goes on trying.
    kConnected,
    kRefused,  ///< Somebody answers and does not agree (see refusal()); goes on trying, more slowly.
  };
  Link link();
  /// kRefused: why, for people. Codes: key_refused (the server does not list our key), keys_mismatch (it wants keys, we
  /// have none), server_key_wrong (its key is not the one we were given, or it has none), not_penstock.
  const base::Error& refusal() const;

  int descriptor() const;          ///< Readable while there may be something to receive, or link() to be asked.
  int monitor_descriptor() const;  ///< Readable when link() should be asked; descriptor() covers it.

 private:
  struct State;
  explicit ControlClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock::channel
