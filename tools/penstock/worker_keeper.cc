#include "tools/penstock/worker_keeper.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "tools/penstock/cluster_words.h"

namespace penstock::tools {
namespace {

/// What an attempt has begun with, as far as it can still be told.
std::string beginning(const proto::JobSummary& job) {
  if (!job.has_newest()) return "from the beginning";
  if (job.newest().attempt() == job.attempt()) return "from its last checkpoint";
  return fmt::format("from checkpoint {}", job.newest().epoch());
}

}  // namespace

base::Result<void> WorkerKeeper::look_after(const proto::JobSummary& job) {
  if (job.state() == proto::RECOVERING)
    if (auto killed = kill_silent(); !killed) return killed;
  if (auto alive = revive(); !alive) return alive;
  tell(job);
  return {};
}

base::Result<void> WorkerKeeper::revive() {
  const auto dead = workers_.revive();
  if (!dead) return tl::unexpected(dead.error());
  for (const std::string& one : *dead) spdlog::warn("{}; it is started again", one);
  return {};
}

/// Whom the coordinator has given up lives on where it is only stopped, and would keep its name.
base::Result<void> WorkerKeeper::kill_silent() {
  proto::Request request;
  request.mutable_list_workers();
  const auto answer = link_.ask(std::move(request), proto::Answer::kWorkers);
  if (!answer) return tl::unexpected(answer.error());
  for (const proto::WorkerSummary& worker : answer->workers().workers())
    if (worker.state() == proto::WorkerSummary::LOST) workers_.kill_process(static_cast<pid_t>(worker.process()));
  return {};
}

void WorkerKeeper::tell(const proto::JobSummary& job) {
  if (job.restarts() > interruptions_) {
    interruptions_ = job.restarts();
    goes_on_ = false;
    // A worker that is lost has been told of by how it died.
    if (job.has_cause() && job.cause().code() != "worker_lost") spdlog::warn("interrupted: {}", sentence(job.cause()));
  }
  if (job.waits_for() != waits_for_) {
    waits_for_ = job.waits_for();
    if (!waits_for_.empty()) spdlog::warn("'{}' waits for {}", job.name(), waits_for_);
  }
  if (goes_on_ || job.state() == proto::RECOVERING) return;
  goes_on_ = true;
  if (job.state() == proto::JOB_RUNNING || job.state() == proto::STOPPING)
    spdlog::warn("'{}' goes on {}", job.name(), beginning(job));
}

}  // namespace penstock::tools
