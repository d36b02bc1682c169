#include <fmt/core.h>
#include <malloc.h>
#include <poll.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>

#include "operators/builtin.h"
#include "runtime/channel/address.h"
#include "runtime/worker/state_directory.h"
#include "runtime/worker/worker_process.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/own_address.h"
#include "tools/penstock/service_options.h"
#include "tools/penstock/stop_signals.h"

namespace penstock::tools {
namespace {

int usage(const std::string& text) {
  fmt::print(stderr, "penstock worker: {}\n  next: penstock worker --help\n", text);
  return kUsage;
}

int failure(const base::Error& error) {
  fmt::print(stderr, "penstock worker: {} [{}]\n", error.text, error.code);
  return kFailed;
}

std::string host_name() {
  utsname names{};
  return uname(&names) == 0 ? names.nodename : "worker";
}

base::Result<proto::Register> registration(const WorkerVerbOptions& options) {
  proto::Register self;
  self.set_host(host_name());
  self.set_worker(options.name.empty() ? self.host() : options.name);
  for (const std::string& label : options.labels) {
    const std::size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0)
      return base::fail("bad_label", fmt::format("--label wants KEY=VALUE, not '{}'", label));
    proto::Label& shown = *self.add_labels();
    shown.set_key(label.substr(0, equals));
    shown.set_value(label.substr(equals + 1));
  }
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  self.set_slots(options.slots > 0 ? static_cast<std::uint32_t>(options.slots) : cores);
  self.set_memory_bytes(options.memory);
  self.set_software(PENSTOCK_VERSION);
  return self;
}

/// libzmq asks for memory for each frame that leaves or comes, on one thread, and frees it on another: what the C
/// library gives back to the system then is missing a moment later, and each page of it is a fault.
void keep_freed_memory() {
  constexpr int kMost = 64 << 20;
  mallopt(M_TRIM_THRESHOLD, kMost);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

/// Whoever holds the other end of this lifeline is gone.
bool has_ended(int lifeline) {
  pollfd other{lifeline, POLLIN, 0};
  return lifeline >= 0 && poll(&other, 1, 0) > 0;
}

}  // namespace

int worker_with(const WorkerVerbOptions& options, const api::Registry& registry) {
  keep_freed_memory();
  auto self = registration(options);
  if (!self) return usage(self.error().text);
  worker::WorkerOptions worker;
  worker.coordinator = full_address(options.coordinator.address);
  auto security = client_security(options.coordinator);
  if (!security) return usage(security.error().text);
  worker.security = *security;
  if (security->keys) self->set_public_key(security->keys->public_key);
  auto data = options.data.empty() ? address_towards(worker.coordinator) : base::Result<std::string>(options.data);
  if (!data) return failure(data.error());
  if (auto may = channel::may_listen(*data, security->keys.has_value(), options.insecure); !may)
    return usage(may.error().text);
  self->set_data_address(*data);
  worker.self = *self;
  worker.drain_timeout = static_cast<base::Micros>(options.drain_seconds * 1e6);
  worker.hung_after = static_cast<base::Micros>(options.hung_seconds * 1e6);
  worker.lifeline_descriptor = options.lifeline;
  worker.nothing_follows = options.nothing_follows;
  std::optional<worker::StateDirectory> state;  // Until the jobs have let go of it.
  if (!options.state.empty()) {
    auto opened = worker::StateDirectory::open(options.state);
    if (!opened) return failure(opened.error());
    state.emplace(std::move(*opened));
    worker.state_directory = state->path();
  }
  worker.state_memory = options.state_memory;
  StopSignals signals;
  // A worker that was started by another process ends when that does; a Ctrl-C at the terminal is for its starter.
  if (options.lifeline < 0) worker.stop_descriptor = signals.descriptor();
  channel::TransportContext transport(1);
  auto process = worker::WorkerProcess::start(transport, registry, std::move(worker));
  if (!process) return failure(process.error());
  const auto ended = (*process)->run();
  process->reset();
  if (!options.shared.empty() && has_ended(options.lifeline)) {
    std::error_code ignored;
    std::filesystem::remove_all(options.shared, ignored);
  }
  return ended ? kDone : failure(ended.error());
}

int verb_worker(const WorkerVerbOptions& options) { return worker_with(options, operators::builtin_registry()); }

}  // namespace penstock::tools
