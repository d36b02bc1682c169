#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "runtime/coordinator/coordinator.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/service_options.h"
#include "tools/penstock/stop_signals.h"

namespace penstock::tools {

int verb_coordinator(const CoordinatorVerbOptions& options) {
  StopSignals signals;
  channel::TransportContext transport(1);
  coordinator::CoordinatorOptions how;
  how.address = full_address(options.listen);
  how.directory = options.state;
  how.timing.heartbeat_every = static_cast<base::Micros>(options.heartbeat_seconds * 1e6);
  how.timing.lease = static_cast<base::Micros>(options.lease_seconds * 1e6);
  auto bound = coordinator::Coordinator::bind(transport, how);
  if (!bound) {
    fmt::print(stderr, "penstock coordinator: {} [{}]\n", bound.error().text, bound.error().code);
    return kFailed;
  }
  spdlog::info("coordinator {} listens on {}", PENSTOCK_VERSION, (*bound)->address());
  (*bound)->run(signals.descriptor());
  spdlog::info("coordinator ends; what runs on its workers goes on");
  return kDone;
}

}  // namespace penstock::tools
