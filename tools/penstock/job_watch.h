/// Follows a job on the cluster until it is over, and tells how it ended. THREAD: main.
#pragma once

#include <functional>
#include <string>

#include "tools/penstock/client_verbs.h"
#include "tools/penstock/coordinator_link.h"
#include "tools/penstock/stop_signals.h"

namespace penstock::tools {

/// The job's status once it is over; every status before it goes to `seen`. Code `interrupted` when a signal has come.
base::Result<proto::JobStatus> until_over(CoordinatorLink& link, std::uint64_t job, StopSignals& signals,
                                          const std::function<void(const proto::JobStatus&)>& seen);

/// Who waits, and for what.
struct Waiter {
  std::string verb;         ///< For messages.
  bool for_cancel = false;  ///< A job that was cancelled has ended as it should.
};

/// Waits without a word; then shows what became of the rows, and the cause where the job has failed. The exit status is
/// 0 only when the job ended as it should: its input ended, or it was stopped.
int wait_and_tell(const Waiter& waiter, CoordinatorLink& link, std::uint64_t job, const ClientOptions& options);

/// The same with a live view where standard error is a terminal; Ctrl-C lets go of the job, which goes on (status 0).
int attach_and_tell(const Waiter& waiter, CoordinatorLink& link, std::uint64_t job, const ClientOptions& options);

}  // namespace penstock::tools
