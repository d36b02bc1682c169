#include "runtime/worker/checkpoint_desk.h"

#include <algorithm>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_file.h"
#include "runtime/worker/snapshot_format.h"

namespace penstock::worker {

std::size_t CheckpointDesk::add_task(TaskLabel label) {
  tasks_.push_back({std::move(label)});
  return tasks_.size() - 1;
}

void CheckpointDesk::take(std::size_t task, task::TaskImage image) {
  if (!setup_.store && image.jobs.empty()) return record(image.epoch, {});
  const auto shared = std::make_shared<task::TaskImage>(std::move(image));
  blocking_->submit([this, task, shared] { write(task, *shared); }, nullptr);
}

/// A segment or a part of the state that is not known to be on disk cannot be trusted any more, so the attempt ends;
/// everything else that goes wrong costs this checkpoint only.
void CheckpointDesk::write(std::size_t task, task::TaskImage& image) {
  for (const api::BlockingJob& job : image.jobs) {
    if (auto done = job(); !done) {
      record(image.epoch, {std::nullopt, done.error()});
      return fail_(done.error());
    }
    base::failpoint("worker.segment.staged");
  }
  if (!setup_.store) return record(image.epoch, {});
  auto handle = keep(tasks_[task].label, image);
  if (handle) return record(image.epoch, {std::move(*handle), std::nullopt});
  record(image.epoch, {std::nullopt, handle.error()});
  if (state::is_past_saving(handle.error())) fail_(handle.error());
}

base::Result<proto::SnapshotHandle> CheckpointDesk::keep(const TaskLabel& label, task::TaskImage& image) {
  const std::string place = checkpoint::epoch_directory(image.epoch, setup_.run.attempt) + "/" +
                            checkpoint::task_directory(label.chain, label.instance);
  const auto directory = setup_.store->begin_snapshot(setup_.run.job, place);
  if (!directory) return tl::unexpected(directory.error());
  proto::TaskSnapshot snapshot = snapshot_of(image, label, setup_.run.attempt);
  std::uint64_t uploaded = 0;
  if (image.delta) {
    auto files = label.state->persist(std::move(image.delta), *directory);
    if (!files) return tl::unexpected(files.error());
    for (const state::SavedFile& file : *files) {
      proto::StateFile& shown = *snapshot.add_files();
      shown.set_name(file.name);
      shown.set_bytes(file.bytes);
      shown.set_crc(file.crc);
      uploaded += file.is_new ? file.bytes : 0;
    }
    base::failpoint("worker.state.persisted");
  }
  auto handle = setup_.store->put_snapshot(setup_.run.job, place, snapshot);
  if (handle) handle->set_uploaded_bytes(handle->uploaded_bytes() + uploaded);
  return handle;
}

void CheckpointDesk::record(std::uint64_t epoch, Result result) {
  {
    const std::lock_guard lock(mutex_);
    if (epoch < epoch_) return;  // Of a checkpoint that has been given up.
    if (epoch > epoch_) results_.clear();
    epoch_ = epoch;
    results_.push_back(std::move(result));
  }
  base::failpoint("worker.snapshot.recorded");
  news_.signal();
}

void CheckpointDesk::on_published(std::size_t task, std::uint64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    tasks_[task].published = epoch;
  }
  base::failpoint("worker.publish.recorded");
  news_.signal();
}

void CheckpointDesk::on_drained(std::size_t task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_[task].drained = true;
  }
  base::failpoint("worker.drained.recorded");
  news_.signal();
}

CheckpointDesk::Progress CheckpointDesk::progress() const {
  const std::lock_guard lock(mutex_);
  Progress progress;
  progress.epoch = epoch_;
  progress.results = results_;
  progress.collected =
      results_.size() == tasks_.size() &&
      std::none_of(results_.begin(), results_.end(), [](const Result& r) { return r.error.has_value(); });
  progress.published = UINT64_MAX;
  progress.drained = true;
  for (const Task& task : tasks_) {
    progress.published = std::min(progress.published, task.published);
    progress.drained = progress.drained && task.drained;
  }
  return progress;
}

}  // namespace penstock::worker
