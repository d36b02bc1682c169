#include "runtime/coordinator/checkpoint_work.h"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <optional>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"

namespace penstock::coordinator {

CheckpointWork::CheckpointWork() : done_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { work(); }) {
  CHECK(done_ >= 0);
}

CheckpointWork::~CheckpointWork() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  asked_.notify_one();
  thread_.join();
  close(done_);
}

void CheckpointWork::put(WriteManifest write) {
  const std::lock_guard lock(mutex_);
  writes_.emplace_back(std::move(write));
  asked_.notify_one();
}

void CheckpointWork::put(NoteFinished note) {
  const std::lock_guard lock(mutex_);
  writes_.emplace_back(std::move(note));
  asked_.notify_one();
}

void CheckpointWork::put(RemoveCheckpoints remove) {
  const std::lock_guard lock(mutex_);
  removals_.push_back(std::move(remove));
  asked_.notify_one();
}

void CheckpointWork::put(ReadWork read) {
  const std::lock_guard lock(mutex_);
  reads_.push_back(std::move(read));
  asked_.notify_one();
}

std::vector<CheckpointWork::Done> CheckpointWork::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(done_, &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

bool CheckpointWork::is_asked() const { return !writes_.empty() || !reads_.empty() || !removals_.empty(); }

void CheckpointWork::wait() {
  std::unique_lock lock(mutex_);
  done_all_.wait(lock, [this] { return idle_ && !is_asked(); });
}

void CheckpointWork::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_ = !is_asked();
    if (idle_) done_all_.notify_all();
    asked_.wait(lock, [this] { return ending_ || is_asked(); });
    idle_ = false;
    if (!writes_.empty()) {
      const auto write = std::move(writes_.front());
      writes_.pop_front();
      lock.unlock();
      std::visit([this](const auto& one) { carry_out(one); }, write);
    } else if (!reads_.empty()) {
      const ReadWork read = std::move(reads_.front());
      reads_.pop_front();
      lock.unlock();
      carry_out(read);
    } else if (!removals_.empty()) {
      const RemoveCheckpoints remove = std::move(removals_.front());
      removals_.pop_front();
      lock.unlock();
      carry_out(remove);
    } else {
      return;
    }
    lock.lock();
  }
}

void CheckpointWork::carry_out(const WriteManifest& write) {
  auto at = store(write.store);
  base::Result<void> done;
  if (at)
    done = (*at)->put_manifest(*write.manifest);
  else
    done = tl::unexpected(at.error());
  base::failpoint("coordinator.manifest.written");
  ManifestWritten written{write.job, write.manifest, std::nullopt};
  if (!done) written.error = done.error();
  tell(std::move(written));
}

void CheckpointWork::carry_out(const NoteFinished& note) {
  auto at = store(note.store);
  const auto done = at ? (*at)->note_finished(note.identity) : tl::unexpected(at.error());
  if (!done)
    spdlog::warn("whoever finds the last checkpoint will not know that all is published: {}", done.error().text);
  base::failpoint("coordinator.finish.noted");
  tell(FinishNoted{note.job});
}

void CheckpointWork::carry_out(const ReadWork& read) {
  WorkRead found{read.job, read.attempt, read.worker, {}, {}};
  if (auto at = store(read.store)) {
    const std::string own = (*at)->work_file(read.identity, read.attempt, read.worker);
    found.work = checkpoint::read_work_file(own);
    found.inputs = checkpoint::read_inputs(own);
    for (const std::string& other : read.others)
      for (auto& input : checkpoint::read_inputs((*at)->work_file(read.identity, read.attempt, other)))
        found.inputs.push_back(std::move(input));
  }
  tell(std::move(found));
}

void CheckpointWork::tell(Done done) {
  {
    const std::lock_guard lock(mutex_);
    finished_.push_back(std::move(done));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto said = ::write(done_, &one, sizeof one);
}

/// What cannot be removed takes up room, no more.
void CheckpointWork::carry_out(const RemoveCheckpoints& remove) {
  const auto tell = [](const base::Result<void>& done) {
    if (!done) spdlog::warn("{}", done.error().text);
  };
  auto at = store(remove.store);
  if (!at) return;
  base::failpoint("coordinator.removal.due");
  if (remove.all) return tell((*at)->remove_job(remove.job));
  for (const auto& [epoch, attempt] : remove.checkpoints) tell((*at)->remove(remove.job, epoch, attempt));
  if (remove.tiers_below > 0) tell((*at)->remove_tiers(remove.job, remove.tiers_below));
  if (remove.unfinished_below > 0) tell((*at)->remove_unfinished(remove.job, remove.unfinished_below));
}

base::Result<checkpoint::CheckpointStore*> CheckpointWork::store(const std::string& url) {
  auto& known = stores_[url];
  if (!known) {
    auto opened = checkpoint::open_store(url);
    if (!opened) return tl::unexpected(opened.error());
    known = std::move(*opened);
  }
  return known.get();
}

}  // namespace penstock::coordinator
