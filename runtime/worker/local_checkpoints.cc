#include "runtime/worker/local_checkpoints.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/plan_manifest.h"

namespace penstock::worker {

LocalCheckpoints::LocalCheckpoints(JobRun& run, const topology::Plan& plan, LocalCheckpointOptions options)
    : run_(run), plan_(plan), options_(options), cycle_({plan.checkpoint_every}, 1, options.last_epoch) {}

LocalCheckpoints::~LocalCheckpoints() {
  stop_ = true;
  ordered_.signal();
  if (thread_.joinable()) thread_.join();
}

void LocalCheckpoints::start() {
  cycle_.on_running(base::steady_now());
  thread_ = std::thread([this] { drive(); });
}

void LocalCheckpoints::request_suspend() {
  suspend_asked_ = true;
  ordered_.signal();
}

void LocalCheckpoints::drive() {
  while (!stop_) {
    wait();
    take_progress();
    while (!stop_ && act()) {
    }
  }
}

void LocalCheckpoints::wait() {
  pollfd waiting[2] = {{run_.desk().news(), POLLIN, 0}, {ordered_.get(), POLLIN, 0}};
  const base::Micros due = cycle_.due();
  const base::Micros left = std::max<base::Micros>(due - base::steady_now(), 0);
  const timespec timeout{left / 1'000'000, (left % 1'000'000) * 1000};
  ppoll(waiting, 2, due == base::kEndOfTime ? nullptr : &timeout, nullptr);
  run_.desk().clear_news();
  ordered_.clear();
}

void LocalCheckpoints::take_progress() {
  const CheckpointDesk::Progress progress = run_.desk().progress();
  if (progress.drained) cycle_.on_drained(0);
  cycle_.on_published(0, progress.published);
  if (told_publish_ != 0 && progress.published >= told_publish_) published_ = told_publish_;
  if (progress.collected) cycle_.on_collected(0, progress.epoch);
  for (const CheckpointDesk::Result& result : progress.results)
    if (result.error) cycle_.on_failed(progress.epoch, base::steady_now(), result.error->text);
  if (suspend_asked_ && !suspend_behind_) {
    suspend_behind_ = cycle_.newest();
    cycle_.ask(base::steady_now());
  }
}

bool LocalCheckpoints::act() {
  if (const auto given_up = cycle_.take_given_up())
    spdlog::warn("checkpoint {} failed: {}; the job goes on", given_up->epoch, given_up->why);
  if (const auto epoch = cycle_.collected()) {
    base::failpoint("worker.cycle.collected");
    complete(*epoch);
    return true;
  }
  if (cycle_.to_publish() > told_publish_) {
    told_publish_ = cycle_.to_publish();
    base::failpoint("worker.cycle.publish_due");
    run_.publish(told_publish_);
  }
  if (cycle_.may_finish() && !told_finish_) {
    told_finish_ = true;
    remove_old();
    base::failpoint("worker.cycle.finish_due");
    note_finished();
    run_.finish();
  }
  if (!told_finish_ && suspend_behind_ && published_ > *suspend_behind_ && !suspended_.exchange(true))
    run_.request_cancel();
  const auto begun = cycle_.begin_if_due(base::steady_now());
  if (begun) {
    base::failpoint("worker.cycle.begun");
    run_.begin_checkpoint(*begun);
  }
  return begun.has_value();
}

/// Only with its manifest on disk does a checkpoint count.
void LocalCheckpoints::complete(std::uint64_t epoch) {
  const auto& store = run_.desk().setup().store;
  if (store) {
    if (auto written = store->put_manifest(manifest(epoch)); !written)
      return cycle_.on_failed(epoch, base::steady_now(), written.error().text);
  }
  cycle_.on_durable(epoch);
  base::failpoint("worker.cycle.durable");
  remove_old();
}

void LocalCheckpoints::remove_old() {
  const CheckpointSetup& setup = run_.desk().setup();
  if (!setup.store) return;
  auto complete = setup.store->list(setup.run.job);
  if (!complete) return spdlog::warn("old checkpoints are not removed: {}", complete.error().text);
  const auto keep = static_cast<std::size_t>(std::max(options_.keep, 1));
  const std::size_t kept = std::min(complete->size(), keep);
  const std::uint64_t oldest = kept > 0 ? (*complete)[complete->size() - kept].epoch() : 0;
  if (auto removed = setup.store->remove_older(setup.run.job, std::min(oldest, cycle_.to_publish())); !removed)
    spdlog::warn("an old checkpoint is not removed: {}", removed.error().text);
  if (auto removed = setup.store->remove_unfinished(setup.run.job, cycle_.to_publish()); !removed)
    spdlog::warn("what is left of a failed checkpoint is not removed: {}", removed.error().text);
}

/// Before the sinks' markers go: without them a run that goes on from here could not tell what was published.
void LocalCheckpoints::note_finished() {
  const CheckpointSetup& setup = run_.desk().setup();
  if (!setup.store) return;
  if (auto noted = setup.store->note_finished(setup.run.job); !noted)
    spdlog::warn("the next run will not know that this one has finished: {}", noted.error().text);
}

proto::Manifest LocalCheckpoints::manifest(std::uint64_t epoch) const {
  const api::RunIdentity& run = run_.desk().setup().run;
  proto::Manifest out =
      checkpoint::manifest_of(plan_, {run.job, run.attempt, epoch, base::wall_now(), cycle_.is_last(epoch)});
  for (const CheckpointDesk::Result& result : run_.desk().progress().results)
    if (result.handle) *out.add_snapshots() = *result.handle;
  return out;
}

}  // namespace penstock::worker
