/// Where a control socket listens or connects: `tcp://host:port`, `ipc:///path` or just `host:port`. Pure text.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/error.h"

namespace penstock::channel {

struct Address {
  enum class Kind : unsigned char { kTcp, kIpc };
  Kind kind = Kind::kTcp;
  std::string host;  ///< tcp: without the brackets of IPv6. `*`: every interface.
  std::string port;  ///< tcp: digits; `0` lets the system choose.
  std::string path;  ///< ipc

  bool ipv6() const { return host.find(':') != std::string::npos; }
  std::string text() const;  ///< `tcp://[::1]:7461`, `ipc:///run/x`
};

/// Code bad_address: what is wrong with the text, and what one looks like.
base::Result<Address> parse_address(std::string_view text);

/// Whether a process may listen there: on this host only, unless it has keys or its user has said --insecure. `address`
/// may lack its port. Codes listen_unsafe, bad_address.
base::Result<void> may_listen(std::string_view address, bool has_keys, bool insecure);

}  // namespace penstock::channel
