#include "runtime/worker/job_snapshot.h"

#include <algorithm>

#include "runtime/worker/job_run.h"

namespace penstock::worker {
namespace {

void add_codes(NodeSnapshot& to, const task::Node& node) {
  for (const auto& [code, rows] : node.errors_by_code()) {
    const auto known = std::find_if(to.errors_by_code.begin(), to.errors_by_code.end(),
                                    [&, key = code](const auto& e) { return e.code == key; });
    if (known == to.errors_by_code.end())
      to.errors_by_code.push_back({code, rows});
    else
      known->rows += rows;
  }
}

void add_node(NodeSnapshot& to, const task::Node& node) {
  const api::Counters& counted = node.counted();
  to.rows_in += counted.rows_in.get();
  to.rows_out += counted.rows_out.get();
  to.passed += counted.passed.get();
  to.filtered += counted.filtered.get();
  to.absorbed += counted.absorbed.get();
  to.late += counted.late.get();
  to.errors += counted.errors.get();
  to.dropped += counted.dropped.get();
  if (const base::Micros shown = node.shown_watermark(); shown != base::kNoTime)
    to.watermark = to.watermark ? std::min(*to.watermark, shown) : shown;
}

void add_task(std::vector<NodeSnapshot>& nodes, const Executor& executor, std::size_t task, bool with_codes) {
  const task::Chain& chain = *executor.chains()[task];
  chain.for_each_edge([&](task::Node&, task::EdgeWriter& edge) {
    NodeSnapshot& consumer = nodes[static_cast<std::size_t>(edge.consumer())];
    for (const auto* channel : edge.channels()) {
      consumer.queued_bytes += channel->shown_bytes();
      consumer.credit_waits += channel->credit_waits();
    }
  });
  for (const auto& node : chain.nodes()) {
    const auto at =
        std::find_if(nodes.begin(), nodes.end(), [&](const auto& known) { return known.name == node->plan().name; });
    if (at == nodes.end()) continue;
    add_node(*at, *node);
    if (with_codes) add_codes(*at, *node);
    at->blocked = at->blocked || executor.is_held(task);
    at->ended = at->ended && executor.has_ended(task);
  }
}

}  // namespace

JobState JobRun::state() const {
  if (!joined_) return control_.stop_requested() ? JobState::kStopping : JobState::kRunning;
  if (control_.error()) return JobState::kFailed;
  return succeeded_ && !control_.stop_requested() ? JobState::kFinished : JobState::kStopped;
}

JobSnapshot JobRun::snapshot() const {
  JobSnapshot snapshot;
  snapshot.state = state();
  if (const base::Micros started = started_; started != 0)
    snapshot.seconds = static_cast<double>((joined_ ? ended_at_ : base::steady_now()) - started) / 1e6;
  for (const topology::PlanNode& node : plan_->nodes) {
    NodeSnapshot& shown = snapshot.nodes.emplace_back();
    shown.name = node.name;
    shown.verb = node.verb;
    shown.kind = node.kind;
    shown.ended = true;
  }
  for (const auto& executor : executors_)
    for (std::size_t task = 0; task < executor->chains().size(); ++task)
      add_task(snapshot.nodes, *executor, task, joined_);
  return snapshot;
}

std::vector<ChannelSnapshot> JobRun::channels() const {
  std::vector<ChannelSnapshot> all;
  for (const auto& executor : executors_) {
    const Switchboard& board = executor->board();
    board.for_each_in([&](const channel::InChannel& in, int peer) {
      if (!board.is_remote(peer)) return;
      all.push_back({in.id(), true, in.shown_consumed(), in.window(), 0});
    });
    board.for_each_out([&](const channel::OutChannel& out, int peer) {
      if (!board.is_remote(peer)) return;
      all.push_back({out.id(), false, 0, 0, out.round_trip_us()});
    });
  }
  return all;
}

std::uint64_t JobRun::refused_frames() const {
  std::uint64_t sum = 0;
  for (const auto& executor : executors_) sum += executor->board().refused_frames();
  return sum;
}

std::uint64_t JobRun::broken_frames() const {
  std::uint64_t sum = 0;
  for (const auto& executor : executors_) sum += executor->board().broken_frames();
  return sum;
}

}  // namespace penstock::worker
