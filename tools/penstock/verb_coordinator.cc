#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "runtime/channel/address.h"
#include "runtime/coordinator/coordinator.h"
#include "tools/penstock/coordinator_access.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/service_options.h"
#include "tools/penstock/stop_signals.h"

namespace penstock::tools {
namespace {

int failure(const base::Error& error, int status) {
  fmt::print(stderr, "penstock coordinator: {} [{}]\n", error.text, error.code);
  return status;
}

}  // namespace

int verb_coordinator(const CoordinatorVerbOptions& options) {
  StopSignals signals;
  if (const auto may = channel::may_listen(full_address(options.listen), !options.key.empty(), options.insecure); !may)
    return failure(may.error(), kUsage);
  channel::TransportContext transport(1);
  std::unique_ptr<CoordinatorAccess> access;
  if (!options.key.empty()) {
    auto opened = CoordinatorAccess::open(transport, options.key, options.access);
    if (!opened) return failure(opened.error(), kFailed);
    access = std::move(*opened);
  }
  coordinator::CoordinatorOptions how;
  how.address = full_address(options.listen);
  how.directory = options.state;
  if (access) how.security = access->security();
  how.timing.heartbeat_every = static_cast<base::Micros>(options.heartbeat_seconds * 1e6);
  how.timing.lease = static_cast<base::Micros>(options.lease_seconds * 1e6);
  auto bound = coordinator::Coordinator::bind(transport, how);
  if (!bound) return failure(bound.error(), kFailed);
  spdlog::info("coordinator {} listens on {}", PENSTOCK_VERSION, (*bound)->address());
  if (const auto served = (*bound)->run(signals.descriptor()); !served) return failure(served.error(), kFailed);
  spdlog::info("coordinator ends; what runs on its workers goes on");
  return kDone;
}

}  // namespace penstock::tools
