#include "tools/penstock/watched_cluster_job.h"

#include <poll.h>

#include <algorithm>

#include "tools/penstock/cluster_words.h"

namespace penstock::tools {
namespace {

constexpr int kLongestPauseMs = 100;

topology::NodeKind kind_of(const std::string& kind) {
  if (kind == "source") return topology::NodeKind::kSource;
  return kind == "sink" ? topology::NodeKind::kSink : topology::NodeKind::kOperator;
}

worker::JobState state_of(proto::JobState state) {
  switch (state) {
    case proto::FINISHED:
      return worker::JobState::kFinished;
    case proto::STOPPED:
    case proto::CANCELLED:
      return worker::JobState::kStopped;
    case proto::JOB_FAILED:
      return worker::JobState::kFailed;
    case proto::STOPPING:
      return worker::JobState::kStopping;
    default:
      return worker::JobState::kRunning;
  }
}

worker::NodeSnapshot node_of(const proto::NodeStatus& status) {
  worker::NodeSnapshot node;
  const proto::NodeReport& totals = status.totals();
  node.name = status.name();
  node.verb = status.verb();
  node.kind = kind_of(status.kind());
  node.rows_in = totals.rows_in();
  node.rows_out = totals.rows_out();
  node.passed = totals.passed();
  node.filtered = totals.filtered();
  node.absorbed = totals.absorbed();
  node.late = totals.late();
  node.errors = totals.errors();
  node.dropped = totals.dropped();
  node.queued_bytes = totals.queued_bytes();
  node.credit_waits = totals.credit_waits();
  node.blocked = totals.blocked();
  node.ended = totals.ended();
  if (totals.has_watermark()) node.watermark = totals.watermark();
  for (const proto::CodeCount& count : totals.errors_by_code())
    node.errors_by_code.push_back({count.code(), count.rows()});
  return node;
}

}  // namespace

worker::JobSnapshot snapshot_of(const proto::JobStatus& status) {
  worker::JobSnapshot snapshot;
  snapshot.state = state_of(status.job().state());
  snapshot.seconds = static_cast<double>(status.job().running_us()) / 1e6;
  for (const proto::NodeStatus& node : status.nodes()) snapshot.nodes.push_back(node_of(node));
  return snapshot;
}

/// Asks often at first: short jobs are over soon. So it does after a worker has died.
bool WatchedClusterJob::wait(int signals, int timeout_ms) {
  const base::Micros until = timeout_ms < 0 ? base::kEndOfTime : base::steady_now() + timeout_ms * 1000;
  for (;;) {
    if (ask()) return true;
    if (poll_news(signals)) return false;
    if (base::steady_now() >= until) return ask();
  }
}

/// True when `signals` is readable.
bool WatchedClusterJob::poll_news(int signals) {
  std::vector<pollfd> waiting = {{signals, POLLIN, 0}};
  for (const int process : keeper_.descriptors()) waiting.push_back({process, POLLIN, 0});
  const int news = poll(waiting.data(), waiting.size(), pause_ms_);
  const bool signalled = (waiting[0].revents & POLLIN) != 0;
  pause_ms_ = news > 0 && !signalled ? 1 : std::min(pause_ms_ * 2, kLongestPauseMs);
  return signalled;
}

bool WatchedClusterJob::ask() {
  proto::Request request;
  request.mutable_status()->set_job(std::to_string(job_));
  auto answer = link_.ask(std::move(request), proto::Answer::kStatus);
  if (!answer) {
    link_error_ = answer.error();
    return true;
  }
  status_ = std::move(*answer->mutable_status());
  if (is_over(status_.job().state())) return true;
  if (auto looked = keeper_.look_after(status_.job()); !looked) {
    link_error_ = looked.error();
    return true;
  }
  end_behind_last_checkpoint();
  return false;
}

void WatchedClusterJob::request_suspend() {
  suspending_.emplace();
  ask_for_last_checkpoint();
}

/// A job that is over meanwhile has finished, which its status says.
void WatchedClusterJob::ask_for_last_checkpoint() {
  proto::Request request;
  request.mutable_checkpoint()->set_job(std::to_string(job_));
  const auto answer = link_.ask(std::move(request), proto::Answer::kDone);
  if (!answer) return;
  suspending_->attempt = status_.job().attempt();
  suspending_->epoch = answer->done().epoch();
}

void WatchedClusterJob::end_behind_last_checkpoint() {
  if (!suspending_ || suspending_->behind_it) return;
  const proto::CheckpointSummary& newest = status_.job().newest();
  if (suspending_->epoch > 0 && newest.epoch() >= suspending_->epoch && newest.published()) {
    suspending_->behind_it = true;
    return end(true);
  }
  // What an attempt was asked for ends with it.
  if (suspending_->attempt != status_.job().attempt()) ask_for_last_checkpoint();
}

bool WatchedClusterJob::suspended() const {
  return suspending_ && suspending_->behind_it && status_.job().state() == proto::CANCELLED;
}

void WatchedClusterJob::end(bool at_once) {
  proto::Request request;
  const std::string job = std::to_string(job_);
  at_once ? request.mutable_cancel()->set_job(job) : request.mutable_stop()->set_job(job);
  if (!at_once) request.mutable_stop()->set_drain(true);  // The cluster of this run ends with it.
  if (auto answer = link_.ask(std::move(request), proto::Answer::kDone); !answer) link_error_ = answer.error();
}

}  // namespace penstock::tools
