/// What the services, `penstock coordinator` and `penstock worker`, may be told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/api/registry.h"
#include "tools/penstock/coordinator_options.h"

namespace penstock::tools {

struct WorkerVerbOptions {
  CoordinatorOptions coordinator;
  std::string name;                   ///< Empty: the host's.
  std::vector<std::string> labels;    ///< key=value
  int slots = 0;                      ///< Executor threads it offers; 0: one per core.
  std::uint64_t memory = 1ull << 30;  ///< Bytes for what is in flight on its channels.
  std::string data;                ///< "tcp://HOST" or "ipc:///DIRECTORY"; empty: by which the coordinator is reached.
  double drain_seconds = 30;       ///< How long SIGTERM waits for jobs to end.
  double hung_seconds = 30;        ///< How long a step of a task may take.
  std::string state;               ///< Directory for keyed state while it is worked on; empty: beside the checkpoints.
  std::uint64_t state_memory = 0;  ///< Bytes for keyed state in memory, of each job; 0: no limit.
  int lifeline = -1;               ///< Descriptor that ends when whoever started this worker does.
  std::string shared;              ///< Directory of whoever holds the lifeline; removed when that one is gone.
  bool nothing_follows = false;    ///< Whoever holds the lifeline keeps no state for another run.
  bool insecure = false;           ///< Takes data from other hosts without keys.
};

struct CoordinatorVerbOptions {
  std::string key;        ///< File with its key pair; empty: no CURVE.
  std::string access;     ///< File of who may connect with which role; goes with `key`.
  bool insecure = false;  ///< Listens to other hosts without keys.
  std::string listen = kDefaultCoordinator;
  std::string state;        ///< Directory of the journal, from which a later coordinator goes on; empty: none.
  std::string checkpoints;  ///< Where jobs' checkpoints go; empty: in the state directory, else a private one.
  double heartbeat_seconds = 0.2;
  double lease_seconds = 0.6;  ///< A worker that is silent for so long is lost.
};

struct KeygenOptions {
  std::string prefix = "penstock";
  std::string name;  ///< Empty: the last part of the prefix.
  std::string role = "worker";
  bool json = false;
};

int verb_keygen(const KeygenOptions& options);
int verb_coordinator(const CoordinatorVerbOptions& options);
int verb_worker(const WorkerVerbOptions& options);
/// The same with other operators: benchmarks have sinks of their own.
int worker_with(const WorkerVerbOptions& options, const api::Registry& registry);

}  // namespace penstock::tools
