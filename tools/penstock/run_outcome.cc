#include "tools/penstock/run_outcome.h"

#include <sys/resource.h>

#include "tools/penstock/exit_status.h"

namespace penstock::tools {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

std::string RunOutcome::status() const {
  if (failed()) return "failed";
  if (suspended) return "suspended";
  if (cancelled) return "cancelled";
  if (consumer_left() || job.state == worker::JobState::kStopped) return "stopped";
  return job.state == worker::JobState::kFinished ? "finished" : "failed";
}

int RunOutcome::exit_status() const {
  const std::string ended = status();
  return ended == "finished" || ended == "stopped" || ended == "suspended" ? kDone : kFailed;
}

namespace {

RunOutcome outcome_without_rows(const topology::Plan& plan, worker::JobState state, std::optional<base::Error> error) {
  RunOutcome outcome{plan.name, {}, std::move(error), cpu_seconds()};
  outcome.started = false;
  outcome.job.state = state;
  for (const topology::PlanNode& node : plan.nodes) {
    worker::NodeSnapshot empty;
    empty.name = node.name;
    empty.verb = node.verb;
    empty.kind = node.kind;
    outcome.job.nodes.push_back(std::move(empty));
  }
  return outcome;
}

}  // namespace

RunOutcome outcome_of_no_start(const topology::Plan& plan, base::Error error) {
  return outcome_without_rows(plan, worker::JobState::kFailed, std::move(error));
}

RunOutcome outcome_of_finished(const topology::Plan& plan) {
  return outcome_without_rows(plan, worker::JobState::kFinished, std::nullopt);
}

RunOutcome outcome_of(const topology::Plan& plan, const worker::LocalJob& job) {
  return {plan.name, job.snapshot(), job.error(), cpu_seconds()};
}

}  // namespace penstock::tools
