#include "runtime/task/snapshot_work.h"

#include "runtime/base/failpoint.h"

namespace penstock::task {
namespace {
constexpr std::size_t kEntriesAStep = 2'000;  ///< Well below a millisecond.
}

void SnapshotWork::begin(TaskImage image) {
  taken_ = image.epoch;
  if (state_ != nullptr && state_->is_saved()) state_->flip();
  base::failpoint("task.snapshot.begun");
  image_ = std::move(image);
  copy_some();
}

void SnapshotWork::copy_some() {
  if (state_ != nullptr && state_->is_saved()) {
    if (!state_->copy(kEntriesAStep) || state_->fault() != nullptr) return;  // A fault ends the attempt.
    image_->delta = state_->take();
    base::failpoint("task.snapshot.copied");
  }
  services_->snapshot_taken(task_, *std::exchange(image_, std::nullopt));
}

void SnapshotWork::begin_writing() {
  written_ = std::make_shared<Writing>();
  const auto work = [written = written_, state = state_,
                     shared = std::shared_ptr<const state::StateDelta>(state_->take_evicted())] {
    written->result = state->write(*shared);
    written->done.store(true, std::memory_order_release);
  };
  services_->run_blocking(work, services_->waker(task_));
}

void SnapshotWork::look_at_writing() {
  if (!written_ || !written_->done.load(std::memory_order_acquire)) return;
  const auto written = std::exchange(written_, nullptr);
  if (!written->result) services_->fail(written->result.error());
}

void SnapshotWork::Publishing::run() {
  for (const api::BlockingJob& job : jobs)
    if (result) result = job();
  done.store(true, std::memory_order_release);
}

void SnapshotWork::publish(std::uint64_t epoch, std::vector<api::BlockingJob> jobs) {
  asked_ = epoch;
  if (jobs.empty()) return services_->published(task_, epoch);
  publishing_ = std::make_shared<Publishing>();
  publishing_->jobs = std::move(jobs);
  publishing_->epoch = epoch;
  services_->run_blocking([work = publishing_] { work->run(); }, services_->waker(task_));
}

void SnapshotWork::look_at_publishing() {
  if (!publishing_ || !publishing_->done.load(std::memory_order_acquire)) return;
  const auto done = std::exchange(publishing_, nullptr);
  if (done->result)
    services_->published(task_, done->epoch);
  else
    services_->fail(done->result.error());
}

}  // namespace penstock::task
