#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <optional>

#include "runtime/channel/address.h"
#include "runtime/coordinator/coordinator.h"
#include "tools/penstock/coordinator_access.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/local_workers.h"
#include "tools/penstock/service_options.h"
#include "tools/penstock/stop_signals.h"

namespace penstock::tools {
namespace {

int failure(const base::Error& error, int status) {
  fmt::print(stderr, "penstock coordinator: {} [{}]\n", error.text, error.code);
  return status;
}

constexpr const char* kNowhere = "none";

/// "file:///DIR" for where checkpoints go, "" for nowhere. Without a word from the user and without a state directory
/// it is a private one, which goes when the coordinator does: it serves workers of this host.
base::Result<std::string> checkpoint_place(const CoordinatorVerbOptions& options,
                                           std::optional<PrivateDirectory>& own) {
  std::error_code no_directory;
  if (options.checkpoints == kNowhere) return std::string();
  if (options.checkpoints.find("://") != std::string::npos) return options.checkpoints;
  if (!options.checkpoints.empty())
    return "file://" + std::filesystem::absolute(options.checkpoints, no_directory).string();
  if (!options.state.empty())
    return "file://" + std::filesystem::absolute(options.state, no_directory).string() + "/checkpoints";
  auto made = PrivateDirectory::make();
  if (!made) return tl::unexpected(made.error());
  own.emplace(std::move(*made));
  return "file://" + own->path() + "/checkpoints";
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
  std::optional<PrivateDirectory> own;
  auto place = checkpoint_place(options, own);
  if (!place) return failure(place.error(), kFailed);
  how.checkpoints = std::move(*place);
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
