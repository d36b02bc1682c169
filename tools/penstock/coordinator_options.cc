#include "tools/penstock/coordinator_options.h"

#include <cstdlib>

#include "runtime/channel/key_file.h"
#include "tools/penstock/shell_quote.h"

namespace penstock::tools {
namespace {

std::string unless_known(const char* option, const std::string& value, const char* variable, const char* otherwise) {
  const char* given = std::getenv(variable);
  if (value == (given != nullptr && *given != '\0' ? given : otherwise)) return {};
  return std::string(" ") + option + " " + shell_quote(value);
}

}  // namespace

std::string full_address(const std::string& written) {
  if (written.find("://") != std::string::npos) return written;
  const std::size_t bracket = written.rfind(']');  // [::1]:7461
  const bool has_port = written.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos;
  return "tcp://" + written + (has_port ? "" : std::string(":") + kCoordinatorPort);
}

base::Result<channel::ClientSecurity> client_security(const CoordinatorOptions& options) {
  if (options.key.empty() && options.coordinator_key.empty()) return channel::ClientSecurity{};
  if (options.key.empty() || options.coordinator_key.empty())
    return base::fail("keys_incomplete",
                      "--key and --coordinator-key go together: the one says who asks, the other whom");
  auto keys = channel::load_key_file(options.key);
  if (!keys) return tl::unexpected(keys.error());
  auto coordinator = channel::load_public_key(options.coordinator_key);
  if (!coordinator) return tl::unexpected(coordinator.error());
  return channel::ClientSecurity{std::move(*keys), std::move(*coordinator), {}};
}

std::string same_coordinator(const CoordinatorOptions& options) {
  return unless_known("--coordinator", options.address, "PENSTOCK_COORDINATOR", kDefaultCoordinator) +
         unless_known("--key", options.key, "PENSTOCK_KEY", "") +
         unless_known("--coordinator-key", options.coordinator_key, "PENSTOCK_COORDINATOR_KEY", "");
}

}  // namespace penstock::tools
