/// How a process finds the coordinator and proves who it is. Clients and workers take the same options.
#pragma once

#include <string>

#include "runtime/base/error.h"
#include "runtime/channel/security.h"

namespace penstock::tools {

constexpr const char* kCoordinatorPort = "7461";
constexpr const char* kDefaultCoordinator = "tcp://127.0.0.1:7461";

struct CoordinatorOptions {
  std::string address = kDefaultCoordinator;  ///< Also "host" and "host:port".
  std::string key;                            ///< File with the own key pair; empty: no CURVE.
  std::string coordinator_key;                ///< Its public key, or a file that holds it.
};

/// "tcp://host:port" for what a user may write.
std::string full_address(const std::string& written);

/// The keys that the options name, read. Codes: keys_incomplete (one without the other), and those of key files.
base::Result<channel::ClientSecurity> client_security(const CoordinatorOptions& options);

/// " --coordinator ADDR --key FILE ..." as far as neither default nor environment says it: for commands that a message
/// proposes.
std::string same_coordinator(const CoordinatorOptions& options);

}  // namespace penstock::tools
