/// A worker as a process: the connection to the coordinator, the jobs, and the agent that decides between them.
/// THREAD: the caller's (main), all of it; each job has threads of its own.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "proto/control.pb.h"
#include "runtime/api/registry.h"
#include "runtime/channel/control_client.h"
#include "runtime/channel/zap_guard.h"
#include "runtime/worker/agent.h"
#include "runtime/worker/hang_watch.h"
#include "runtime/worker/hosted_job.h"

namespace penstock::worker {

struct WorkerOptions {
  proto::Register self;  ///< All but incarnation and process, which are made here.
  std::string coordinator;
  channel::ClientSecurity security;
  base::Micros drain_timeout = 30'000'000;
  base::Micros hung_after = 30'000'000;  ///< An executor in one step for so long: the process ends itself.
  std::string state_directory{};         ///< For keyed state while it is worked on; "": beside the checkpoints.
  std::size_t state_memory = 0;          ///< Bytes for keyed state in memory, of each job; 0: no limit.
  int stop_descriptor = -1;      ///< Readable: leave once the jobs have ended; still readable after one read: at once.
  int lifeline_descriptor = -1;  ///< End of file: whoever started this worker is gone; end at once.
  bool nothing_follows = false;  ///< Jobs end for good with this worker: what sinks have staged goes with them.
};

class WorkerProcess {
 public:
  static base::Result<std::unique_ptr<WorkerProcess>> start(channel::TransportContext& transport,
                                                            const api::Registry& registry, WorkerOptions options);
  ~WorkerProcess();

  /// Until it has left. An error when the coordinator does not take this worker.
  base::Result<void> run();

 private:
  WorkerProcess(channel::TransportContext& transport, const api::Registry& registry, WorkerOptions options,
                std::unique_ptr<channel::ControlClient> client);
  AgentView view() const;
  void wait();
  void hear();
  void look_at_jobs();
  void look_at_stop();
  void look_for_hung_executors();
  void say_link();
  void act(AgentActions actions);
  void operator()(const SendToCoordinator& action);
  void operator()(const CreateJob& action);
  void operator()(const OrderJob& action);
  void operator()(const ForgetJob& action);
  void operator()(const SayRegistered& action);
  void operator()(const SayRefused& action);
  void operator()(const SayCoordinatorSilent& action);
  void operator()(const Exit& action);

  channel::TransportContext* transport_;
  const api::Registry* registry_;
  WorkerOptions options_;
  channel::Admission admission_;  // To the inboxes of its jobs.
  std::unique_ptr<channel::ZapGuard> guard_;
  std::unique_ptr<channel::ControlClient> client_;
  Agent agent_;
  std::map<JobKey, std::unique_ptr<HostedJob>> jobs_;
  std::map<JobKey, proto::Phase> logged_;
  std::map<JobKey, HangWatch> watches_;
  std::optional<base::Error> refused_;
  base::Micros leave_by_ = base::kEndOfTime;
  channel::ControlClient::Link said_link_ = channel::ControlClient::Link::kConnecting;
  bool over_ = false;
};

}  // namespace penstock::worker
