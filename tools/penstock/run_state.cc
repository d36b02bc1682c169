#include "tools/penstock/run_state.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <sstream>
#include <utility>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_file.h"
#include "runtime/checkpoint/state_fit.h"
#include "runtime/worker/snapshot_format.h"
namespace penstock::tools {
namespace {

namespace fs = std::filesystem;

std::string fresh_identity(const std::string& name) {
  std::random_device device;
  return fmt::format("{}-{:08x}", name, device());
}

tl::unexpected<base::Error> unusable(const std::string& what, const std::string& path, const std::string& why) {
  return base::fail("state_unusable", fmt::format("cannot {} {}: {}", what, path, why), path,
                    base::Origin::kEnvironment);
}

}  // namespace

base::Result<RunState> RunState::open(const std::string& directory, const topology::Plan& plan, bool allow_state_loss) {
  RunState state(directory);
  if (auto made = checkpoint::make_directory_durably(directory); !made)
    return base::fail("state_unusable", made.error().text, directory, base::Origin::kEnvironment);
  if (auto locked = state.take_lock(); !locked) return tl::unexpected(locked.error());
  if (auto begun = state.begin_attempt(plan); !begun) return tl::unexpected(begun.error());
  base::failpoint("tools.attempt.begun");
  if (auto found = state.find_checkpoint(plan); !found) return tl::unexpected(found.error());
  state.count_deaths();
  if (!allow_state_loss)
    if (auto fits = state.check_fit(plan); !fits) return tl::unexpected(fits.error());
  return state;
}

RunState::RunState(RunState&& other) noexcept
    : directory_(std::move(other.directory_)),
      lock_(std::exchange(other.lock_, -1)),
      run_(std::move(other.run_)),
      store_(std::move(other.store_)),
      restore_(std::move(other.restore_)),
      last_epoch_(other.last_epoch_),
      deaths_(std::move(other.deaths_)) {}

RunState::~RunState() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(directory_ + "/tier", ignored);
  ::close(lock_);
}

base::Result<void> RunState::take_lock() {
  const std::string path = directory_ + "/lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) return unusable("open", path, std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  ::close(std::exchange(lock_, -1));
  return base::fail("state_in_use",
                    directory_ + " is in use by another run; wait for it to end, or name another directory", directory_,
                    base::Origin::kEnvironment);
}

base::Result<void> RunState::begin_attempt(const topology::Plan& plan) {
  const std::string path = directory_ + "/run";
  if (const auto bytes = checkpoint::read_file(path)) {
    const auto text = checkpoint::unframe(*bytes, path);
    if (!text) return tl::unexpected(text.error());
    std::istringstream(*text) >> run_.job >> run_.attempt;
    ++run_.attempt;
  } else if (bytes.error().code != "checkpoint_missing") {
    return tl::unexpected(bytes.error());
  } else {
    run_ = {fresh_identity(plan.name), 1};
  }
  return checkpoint::write_file_durably(path, checkpoint::frame(fmt::format("{} {}\n", run_.job, run_.attempt)));
}

base::Result<void> RunState::check_fit(const topology::Plan& plan) const {
  if (!restore_) return {};
  const auto fit =
      checkpoint::state_fit({restore_->nodes().begin(), restore_->nodes().end()}, worker::node_shapes(plan));
  if (fit.lost.empty()) return {};
  return base::fail("state_does_not_fit",
                    fmt::format("the topology cannot go on with all that checkpoint {} in {} remembers:\n{}\n"
                                "to go on without it: --allow-state-loss",
                                restore_->epoch(), directory_, checkpoint::in_words(fit)));
}

base::Result<void> RunState::find_checkpoint(const topology::Plan& plan) {
  auto store =
      checkpoint::open_store(plan.checkpoint_store.empty() ? directory_ + "/checkpoints" : plan.checkpoint_store);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  if (auto begun = store_->begin_job(run_.job); !begun) return tl::unexpected(begun.error());
  auto complete = store_->list(run_.job);
  if (!complete) {
    base::Error error = complete.error();
    error.text +=
        "; to go on from the checkpoint before it, move the directory that holds this file away; to begin "
        "anew, name another --state directory";
    return tl::unexpected(std::move(error));
  }
  if (!complete->empty()) restore_ = std::move(complete->back());
  const auto highest = store_->highest_epoch(run_.job);
  if (!highest) return tl::unexpected(highest.error());
  last_epoch_ = *highest;
  std::error_code ignored;
  fs::remove_all(directory_ + "/tier", ignored);  // Of a run that was killed.
  base::failpoint("tools.checkpoint.found");
  return {};
}

/// The file is `EPOCH CLOSER` and a line for each node that was at work; of another epoch than the one from which this
/// run goes on it is no longer true. Where it cannot be written, what ends the runs takes longer to find, no more.
void RunState::count_deaths() {
  const std::string path = directory_ + "/deaths", work = directory_ + "/work";
  const std::uint64_t from = restore_ ? restore_->epoch() : 0;
  std::uint64_t epoch = 0;
  bool closer = false;
  if (const auto bytes = checkpoint::read_file(path)) {
    std::istringstream head(*bytes);
    if (head >> epoch >> closer && epoch == from)
      deaths_ = checkpoint::Deaths::from_text(bytes->substr(bytes->find('\n') + 1));
  }
  const auto found = checkpoint::read_work_file(work);
  if (found.empty()) return;
  std::error_code ignored;
  fs::remove(work, ignored);
  closer = closer && epoch == from;
  for (const checkpoint::WorkedOn& one : found) deaths_.add(one, closer);
  const std::string text = fmt::format("{} {:d}\n{}", from, deaths_.need_a_closer_look(), deaths_.to_text());
  if (auto written = checkpoint::write_file_durably(path, text); !written) spdlog::warn("{}", written.error().text);
}

void RunState::give_to(worker::JobOptions& options) const {
  options.checkpoints.run = run_;
  options.checkpoints.store = store_;
  options.checkpoints.tier_directory = directory_ + "/tier";
  options.checkpoints.work_file = directory_ + "/work";
  options.checkpoints.one_at_a_time = deaths_.need_a_closer_look();
  options.retention.last_epoch = last_epoch_;
  options.restore = restore_;
}

}  // namespace penstock::tools
