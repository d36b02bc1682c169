/// How a run ended and what became of its rows: what the summary, the report and the exit status are made from.
#pragma once

#include <optional>
#include <string>

#include "runtime/base/error.h"
#include "runtime/worker/local_job.h"

namespace penstock::tools {

struct RunOutcome {
  std::string name;
  worker::JobSnapshot job;
  std::optional<base::Error> error;
  double cpu_seconds = 0;
  bool cancelled = false;  ///< By a second Ctrl-C, or because it could not drain.
  bool started = true;
  bool suspended = false;         ///< Ctrl-C with --state: its last checkpoint is what the next run goes on from.
  std::string state_directory{};  ///< Of --state; empty: nothing is kept.

  /// A reader such as `head` has had enough: the run is over, and nothing went wrong.
  bool consumer_left() const { return error && error->code == "consumer_closed"; }
  bool failed() const { return error && !consumer_left(); }
  /// "finished", "stopped" (Ctrl-C, or its reader left), "suspended", "cancelled" or "failed".
  std::string status() const;
  int exit_status() const;
};

double cpu_seconds();  ///< Of this process so far.

/// Outcome of a job that could not be started: its nodes with no rows.
RunOutcome outcome_of_no_start(const topology::Plan& plan, base::Error error);
/// Of one that an earlier run has brought to its end: nothing was done.
RunOutcome outcome_of_finished(const topology::Plan& plan);
RunOutcome outcome_of(const topology::Plan& plan, const worker::LocalJob& job);

}  // namespace penstock::tools
