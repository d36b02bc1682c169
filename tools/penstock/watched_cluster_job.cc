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

/// Asks often at first: short jobs are over soon.
bool WatchedClusterJob::wait(int signals, int timeout_ms) {
  const base::Micros until = timeout_ms < 0 ? base::kEndOfTime : base::steady_now() + timeout_ms * 1000;
  for (;;) {
    if (ask()) return true;
    pollfd waiting{signals, POLLIN, 0};
    if (poll(&waiting, 1, pause_ms_) > 0) return false;
    pause_ms_ = std::min(pause_ms_ * 2, kLongestPauseMs);
    if (base::steady_now() >= until) return ask();
  }
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
  return is_over(status_.job().state());
}

void WatchedClusterJob::end(bool at_once) {
  proto::Request request;
  const std::string job = std::to_string(job_);
  at_once ? request.mutable_cancel()->set_job(job) : request.mutable_stop()->set_job(job);
  if (!at_once) request.mutable_stop()->set_drain(true);  // The cluster of this run ends with it.
  if (auto answer = link_.ask(std::move(request), proto::Answer::kDone); !answer) link_error_ = answer.error();
}

}  // namespace penstock::tools
