/// The verbs that talk to a coordinator, one source file each, and the options each of them takes. As with the other
/// verbs (verbs.h) the exit status is returned, results go to standard output and everything else to standard error.
#pragma once

#include <string>

#include "tools/penstock/coordinator_options.h"
#include "tools/penstock/verbs.h"

namespace penstock::tools {

struct ClientOptions {
  CoordinatorOptions coordinator;
  bool json = false;
};

struct SubmitOptions {
  TopologyOptions topology;
  ClientOptions client;
  bool wait = false;    ///< Until the job is over; its end is the exit status.
  bool attach = false;  ///< The same, watching it; Ctrl-C lets go of it.
  std::string from;     ///< JOB/EPOCH, JOB, or a checkpoint's directory; empty: begins anew.
  bool allow_state_loss = false;
};

struct JobOptions {
  ClientOptions client;
  std::string job;     ///< Number or name.
  bool drain = false;  ///< stop: the input is over, and nothing can go on from there.
  bool wait = false;   ///< stop, cancel: until it is over; checkpoint: until it is complete.
};

struct LogsOptions {
  ClientOptions client;
  std::string job;
  bool follow = false;
};

struct TopOptions {
  ClientOptions client;
  bool once = false;
};

struct WorkerChoice {
  ClientOptions client;
  std::string worker;  ///< workers: empty for all.
};

int verb_submit(const SubmitOptions& options);
int verb_list(const ClientOptions& options);
int verb_workers(const WorkerChoice& options);
int verb_status(const JobOptions& options);
int verb_top(const TopOptions& options);
int verb_stop(const JobOptions& options);
int verb_cancel(const JobOptions& options);
int verb_checkpoint(const JobOptions& options);
int verb_checkpoints(const JobOptions& options);
int verb_logs(const LogsOptions& options);
int verb_drain(const WorkerChoice& options);

}  // namespace penstock::tools
