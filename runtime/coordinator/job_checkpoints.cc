#include "runtime/coordinator/job_checkpoints.h"

#include <fmt/core.h>

#include <algorithm>

#include "proto/messages.h"
#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/plan_manifest.h"
#include "runtime/coordinator/checkpoint_place.h"
#include "runtime/coordinator/deployment.h"
#include "runtime/coordinator/measurement.h"

namespace penstock::coordinator {
namespace {

constexpr base::Micros kTellGivenUpEvery = 60'000'000;
constexpr base::Micros kFirstDistance = 100'000;

proto::Manifest manifest_of(const Job& job, std::uint64_t epoch, base::Micros wall) {
  proto::Manifest manifest = checkpoint::manifest_of(
      *job.work.plan, {job.checkpoints.place.job, job.attempt, epoch, wall, job.checkpoints.cycle->is_last(epoch)});
  for (const auto& [task, handle] : job.checkpoints.handles) *manifest.add_snapshots() = handle;
  return manifest;
}

void begin(Turn& turn, Job& job, std::uint64_t epoch) {
  Checkpoints& checkpoints = job.checkpoints;
  if (epoch >= checkpoints.epochs_reserved) {
    checkpoints.epochs_reserved = epoch + kEpochsAtATime;
    base::failpoint("coordinator.epochs.reserved");
  }
  checkpoints.handles.clear();
  checkpoints.begun_at = turn.now;
  base::failpoint("coordinator.checkpoint.begun");
}

/// Each reason once, and again when it has gone on for long: a full disk gives up a checkpoint every interval.
void tell_given_up(Turn& turn, Job& job, const checkpoint::Cycle::GivenUp& one) {
  Checkpoints::GivenUp& told = job.checkpoints.given_up;
  if (one.why == told.why && turn.now - told.told_at < kTellGivenUpEvery) {
    ++told.untold;
    return;
  }
  const std::string more = told.untold > 0 ? fmt::format(" ({} more since the last line like this)", told.untold) : "";
  turn.note(job, "warn", fmt::format("checkpoint {} is given up, the job goes on: {}{}", one.epoch, one.why, more));
  told = {one.why, turn.now, 0};
}

void let_go(Turn& turn, Job& job, std::uint64_t unfinished_below) {
  Checkpoints& checkpoints = job.checkpoints;
  RemoveCheckpoints remove{checkpoints.place.store, checkpoints.place.job, {}, unfinished_below, 0, false};
  while (checkpoints.kept.size() > checkpoints_to_keep(*job.work.plan) &&
         summary_of(job, checkpoints.kept.front()).published()) {
    remove.checkpoints.emplace_back(checkpoints.kept.front().epoch(), checkpoints.kept.front().attempt());
    checkpoints.kept.pop_front();
  }
  turn.actions.emplace_back(std::move(remove));
}

void complete(Turn& turn, Job& job, const std::shared_ptr<const proto::Manifest>& manifest) {
  Checkpoints& checkpoints = job.checkpoints;
  proto::CheckpointSummary summary;
  summary.set_epoch(manifest->epoch());
  summary.set_attempt(manifest->attempt());
  summary.set_completed_us(manifest->completed_us());
  summary.set_duration_us(turn.now - checkpoints.begun_at);
  summary.set_last(manifest->last());
  for (const proto::SnapshotHandle& handle : manifest->snapshots()) {
    summary.set_state_bytes(summary.state_bytes() + handle.bytes() + handle.state_bytes());
    summary.set_changed_bytes(summary.changed_bytes() + handle.uploaded_bytes());
  }
  if (checkpoints.kept.empty()) turn.note(job, "info", fmt::format("its first checkpoint is complete"));
  checkpoints.kept.push_back(std::move(summary));
  checkpoints.restore = manifest;
  checkpoints.own = true;
  checkpoints.restore_store.clear();
  checkpoints.damage.reset();
  checkpoints.given_up = {};
  ++checkpoints.completed;
  checkpoints.cycle->on_durable(manifest->epoch());
  base::failpoint("coordinator.checkpoint.counted");
  let_go(turn, job, manifest->epoch());
}

void make_durable(Turn& turn, Job& job, std::uint64_t epoch) {
  Checkpoints& checkpoints = job.checkpoints;
  if (checkpoints.place.store.empty()) return checkpoints.cycle->on_durable(epoch);
  base::failpoint("coordinator.checkpoint.collected");
  checkpoints.writing = std::make_shared<const proto::Manifest>(manifest_of(job, epoch, turn.wall));
  turn.actions.emplace_back(WriteManifest{job.id, checkpoints.place.store, checkpoints.writing});
}

/// Where nobody knows how much has to come again, a checkpoint comes at once and then at twice the distance each time,
/// until that is as long as the interval: sinks show what follows the replay after at most twice its length.
void ask_at_doubling_distances(Turn& turn, Job& job) {
  Recovery::Doubling& doubling = job.recovery.doubling;
  if (turn.now < doubling.ask_at) return;
  job.checkpoints.cycle->ask(turn.now);
  doubling.distance = std::max(kFirstDistance, 2 * *doubling.distance);
  doubling.ask_at = turn.now + *doubling.distance;
  if (*doubling.distance >= job.work.plan->checkpoint_every) doubling.distance.reset();
}

/// Once what had been processed since the checkpoint has come again, a new one lets sinks show what follows.
void ask_when_caught_up(Turn& turn, Job& job) {
  if (job.recovery.doubling.distance) return ask_at_doubling_distances(turn, job);
  auto& at = job.recovery.caught_up_at;
  if (!at || rows_from_sources(job) < *at) return;
  at.reset();
  job.checkpoints.cycle->ask(turn.now);
}

void ask_for_the_last_one(Turn& turn, Job& job) {
  Checkpoints& checkpoints = job.checkpoints;
  if (!job.ending.stop_asked || job.ending.drain || checkpoints.stop_behind) return;
  checkpoints.stop_behind = checkpoints.cycle->newest();
  checkpoints.cycle->ask(turn.now);
}

}  // namespace

void collect(Turn& turn, Job& job, std::size_t index) {
  if (job.step != Step::kRunning) return;
  Checkpoints& checkpoints = job.checkpoints;
  checkpoint::Cycle& cycle = *checkpoints.cycle;
  const Part& part = job.parts[index];
  cycle.on_published(index, part.report.published());
  if (part.report.drained()) cycle.on_drained(index);
  const std::uint64_t epoch = cycle.running();
  if (epoch == 0 || part.report.checkpoint() != epoch || checkpoints.writing) return;
  int done = 0;
  for (const proto::SnapshotReport& snapshot : part.report.snapshots()) {
    if (snapshot.epoch() != epoch) continue;
    if (snapshot.has_error())
      return cycle.on_failed(
          epoch, turn.now,
          fmt::format("worker '{}': {} [{}]", part.worker, snapshot.error().text(), snapshot.error().code()));
    checkpoints.handles[{snapshot.handle().chain(), snapshot.handle().instance()}] = snapshot.handle();
    ++done;
  }
  if (done >= tasks_on(job, index)) cycle.on_collected(index, epoch);
}

void tend_checkpoints(Turn& turn, Job& job) {
  if (job.step != Step::kRunning) return;
  Checkpoints& checkpoints = job.checkpoints;
  if (const auto epoch = checkpoints.cycle->collected(); epoch && !checkpoints.writing) make_durable(turn, job, *epoch);
  ask_when_caught_up(turn, job);
  ask_for_the_last_one(turn, job);
  if (const auto epoch = checkpoints.cycle->begin_if_due(turn.now)) begin(turn, job, *epoch);
  if (const auto given_up = checkpoints.cycle->take_given_up()) tell_given_up(turn, job, *given_up);
}

void on_manifest_written(Turn& turn, Job& job, const ManifestWritten& written) {
  Checkpoints& checkpoints = job.checkpoints;
  const proto::Manifest& manifest = *written.manifest;
  const bool awaited = checkpoints.writing == written.manifest;
  const bool counts = awaited && job.step <= Step::kRunning;
  if (awaited) checkpoints.writing.reset();
  if (!counts && !written.error)
    turn.actions.emplace_back(RemoveCheckpoints{
        checkpoints.place.store, manifest.job(), {{manifest.epoch(), manifest.attempt()}}, manifest.epoch(), 0, false});
  if (!counts) return;
  if (written.error)
    checkpoints.cycle->on_failed(manifest.epoch(), turn.now,
                                 fmt::format("{} [{}]", written.error->text, written.error->code));
  else
    complete(turn, job, written.manifest);
}

void on_restored(Turn& turn, Job& job) {
  if (is_recoverable(job))
    turn.actions.emplace_back(
        RemoveCheckpoints{job.checkpoints.place.store, job.checkpoints.place.job, {}, 0, job.attempt, false});
  for (proto::CheckpointSummary& kept : job.checkpoints.kept)
    if (kept.attempt() < job.attempt) kept.set_published(true);
}

proto::CheckpointSummary summary_of(const Job& job, const proto::CheckpointSummary& kept) {
  proto::CheckpointSummary summary = kept;
  const auto& cycle = job.checkpoints.cycle;
  if (cycle && kept.attempt() == job.attempt && cycle->all_published(kept.epoch())) summary.set_published(true);
  return summary;
}

bool is_recoverable(const Job& job) { return !job.checkpoints.place.store.empty(); }

}  // namespace penstock::coordinator
