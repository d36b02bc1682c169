#include "tools/penstock/run_state.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <sstream>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/time_text.h"
#include "runtime/checkpoint/checkpoint_file.h"
#include "runtime/checkpoint/plan_manifest.h"
#include "runtime/checkpoint/state_fit.h"

namespace penstock::tools {
namespace {

namespace fs = std::filesystem;

/// More than a run of worker processes comes to without a checkpoint, which has its attempt's number too: the
/// coordinator gives up long before.
constexpr std::uint32_t kAttemptsOfWorkers = 1'000;
constexpr base::Micros kLastWorkersEnd = 10'000'000;

/// The process that has written its number into the lock; 0: none.
pid_t holder(int lock) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(lock, text.data(), text.size() - 1, 0);
  return length > 0 ? std::atoi(text.data()) : 0;
}

bool is_alive(pid_t process) { return process <= 0 || ::kill(process, 0) == 0 || errno == EPERM; }

std::string fresh_identity(const std::string& name) {
  std::random_device device;
  return fmt::format("{}-{:08x}", name, device());
}

/// Whether there are checkpoints of any run in the directory DIR: DIR/JOB/EPOCH-ATTEMPT/manifest. What may not be read
/// may be one.
bool may_hold_checkpoints(const std::string& directory) {
  std::error_code error;
  const auto follow = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator at(directory, follow, error), end; !error && at != end; at.increment(error))
    if (at.depth() == 2 && at->path().filename() == "manifest") return true;
  return error && error != std::errc::no_such_file_or_directory;
}

tl::unexpected<base::Error> unusable(const std::string& what, const std::string& path, const std::string& why) {
  return base::fail("state_unusable", fmt::format("cannot {} {}: {}", what, path, why), path,
                    base::Origin::kEnvironment);
}

}  // namespace

base::Result<RunState> RunState::open(const std::string& directory, const topology::Plan& plan, How how) {
  RunState state(directory);
  if (auto made = checkpoint::make_directory_durably(directory); !made)
    return base::fail("state_unusable", made.error().text, directory, base::Origin::kEnvironment);
  if (auto locked = state.take_lock(); !locked) return tl::unexpected(locked.error());
  if (auto recalled = state.recall(plan); !recalled) return tl::unexpected(recalled.error());
  if (auto opened = state.open_store(plan); !opened) return tl::unexpected(opened.error());
  if (auto found = state.find_checkpoints(); !found) return tl::unexpected(found.error());
  state.count_deaths();
  if (!how.allow_state_loss)
    if (auto fits = state.check_fit(plan); !fits) return tl::unexpected(fits.error());
  if (auto begun = state.begin_attempts(how.workers ? kAttemptsOfWorkers : 1); !begun)
    return tl::unexpected(begun.error());
  base::failpoint("tools.attempt.begun");
  return state;
}

RunState::RunState(RunState&& other) noexcept
    : directory_(std::move(other.directory_)),
      lock_(std::exchange(other.lock_, -1)),
      run_(std::move(other.run_)),
      place_(std::move(other.place_)),
      former_place_(std::move(other.former_place_)),
      store_(std::move(other.store_)),
      kept_(std::move(other.kept_)),
      unreadable_(std::move(other.unreadable_)),
      restore_(std::move(other.restore_)),
      finished_(other.finished_),
      last_epoch_(other.last_epoch_),
      deaths_(std::move(other.deaths_)) {}

RunState::~RunState() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(tier_directory(), ignored);
  ::close(lock_);
}

/// When a run of worker processes was killed they end a moment later, each by itself: that is waited for.
base::Result<void> RunState::take_lock() {
  const std::string path = directory_ + "/lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) return unusable("open", path, std::strerror(errno));
  const base::Micros until = base::steady_now() + kLastWorkersEnd;
  bool said = false;
  while (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const bool others_end = !is_alive(holder(lock_));
    if (others_end && base::steady_now() < until) {
      if (!std::exchange(said, true))
        fmt::print(stderr, "penstock: waits for the worker processes of a run that was killed to let go of {}\n",
                   directory_);
      poll(nullptr, 0, 5);
      continue;
    }
    ::close(std::exchange(lock_, -1));
    return base::fail(
        "state_in_use",
        fmt::format("{} is in use by {}; wait for it to end, or name another directory", directory_,
                    others_end ? "worker processes of a run that was killed (pgrep -af 'penstock worker' shows them)"
                               : "another run"),
        directory_, base::Origin::kEnvironment);
  }
  const std::string own = fmt::format("{}\n", getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, own.data(), own.size(), 0) < 0)
    return unusable("write", path, std::strerror(errno));
  return {};
}

/// The job's identity; a new one where nothing is kept yet.
base::Result<void> RunState::recall(const topology::Plan& plan) {
  const std::string path = directory_ + "/run";
  const auto bytes = checkpoint::read_file(path);
  if (!bytes && bytes.error().code != "checkpoint_missing") return tl::unexpected(bytes.error());
  run_ = {fresh_identity(plan.name), 0};
  if (!bytes && !may_hold_checkpoints(directory_ + "/checkpoints")) return {};
  const auto text = bytes ? checkpoint::unframe(*bytes, path) : tl::unexpected(bytes.error());
  if (!text) {
    base::Error error = text.error();
    error.code = "run_unreadable";
    error.text += fmt::format(
        "; it says which checkpoints in {} are this run's: bring it back from a copy, or begin anew "
        "with another --state directory, where all rows are published again",
        directory_);
    return tl::unexpected(std::move(error));
  }
  std::istringstream words(*text);
  words >> run_.job >> run_.attempt >> std::ws;
  std::getline(words, former_place_);
  return {};
}

base::Result<void> RunState::begin_attempts(std::uint32_t count) {
  if (restore_) run_.attempt = std::max(run_.attempt, restore_->attempt());
  const std::string text = fmt::format("{} {}\n{}\n", run_.job, run_.attempt + count, place_);
  ++run_.attempt;
  return checkpoint::write_file_durably(directory_ + "/run", checkpoint::frame(text));
}

base::Result<void> RunState::check_fit(const topology::Plan& plan) const {
  if (!restore_) return {};
  const auto fit =
      checkpoint::state_fit({restore_->nodes().begin(), restore_->nodes().end()}, checkpoint::node_shapes(plan));
  if (fit.lost.empty()) return {};
  return base::fail("state_does_not_fit",
                    fmt::format("the topology cannot go on with all that checkpoint {} in {} remembers:\n{}\n"
                                "to go on without it: --allow-state-loss",
                                restore_->epoch(), directory_, checkpoint::in_words(fit)));
}

/// Of a run that has begun before there is a job in it; in another one everything would begin anew, over what is
/// published.
base::Result<void> RunState::open_store(const topology::Plan& plan) {
  std::error_code ignored;
  place_ = plan.checkpoint_store.empty() ? "file://" + fs::absolute(directory_, ignored).string() + "/checkpoints"
                                         : plan.checkpoint_store;
  auto store = checkpoint::open_store(place_);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  if (run_.attempt > 0)
    if (const auto there = store_->find_job(run_.job); !there)
      return base::fail(
          "checkpoints_elsewhere",
          fmt::format(
              "{} belongs to a run whose checkpoints are not in {} ({}){}; mount or name the place where they are "
              "(checkpoint: {{store: ...}}), or begin anew with another --state directory, where all rows are "
              "published again",
              directory_, place_, there.error().text,
              former_place_.empty() ? "" : fmt::format("; the last run had them in {}", former_place_)),
          directory_, base::Origin::kEnvironment);
  if (auto begun = store_->begin_job(run_.job); !begun) return tl::unexpected(begun.error());
  return {};
}

base::Result<void> RunState::find_checkpoints() {
  const auto noted = store_->has_finished(run_.job);
  if (!noted) return tl::unexpected(noted.error());
  finished_ = *noted;
  std::error_code ignored;
  auto complete = store_->list(run_.job);
  if (!complete && finished_) return {};  // Nobody will need it.
  if (!complete) {
    base::Error error = complete.error();
    error.text +=
        "; to go on without this checkpoint, move the directory that holds this file away: what had been published "
        "behind the newest that is left then comes again, and exactly-once sinks say which file to remove to have it "
        "so; to begin anew, name another --state directory";
    return tl::unexpected(std::move(error));
  }
  kept_ = std::move(*complete);
  if (!kept_.empty()) restore_ = kept_.back();
  tell_unreadable();
  const auto highest = store_->highest_epoch(run_.job);
  if (!highest) return tl::unexpected(highest.error());
  last_epoch_ = *highest;
  fs::remove_all(tier_directory(), ignored);  // Of a run that was killed.
  base::failpoint("tools.checkpoint.found");
  return {};
}

/// They are removed in their turn, as if they could be read.
void RunState::tell_unreadable() {
  const auto found = store_->unreadable(run_.job);
  if (!found) return;
  for (const checkpoint::UnreadableCheckpoint& one : *found) {
    unreadable_.push_back(one.name);
    spdlog::warn("the older checkpoint {} cannot be read; this run does not need it: {}", one.name.epoch, one.why.text);
  }
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
  const auto inputs = checkpoint::read_inputs(work);
  std::error_code ignored;
  fs::remove(work, ignored);
  closer = closer && epoch == from;
  for (const checkpoint::WorkedOn& one : found) deaths_.add(one, closer, inputs);
  const std::string text = fmt::format("{} {:d}\n{}", from, deaths_.need_a_closer_look(), deaths_.to_text());
  if (auto written = checkpoint::write_file_durably(path, text); !written) spdlog::warn("{}", written.error().text);
}

void RunState::give_to(worker::JobOptions& options) const {
  options.checkpoints.run = run_;
  options.checkpoints.store = store_;
  options.checkpoints.tier_directory = tier_directory();
  options.checkpoints.work_file = directory_ + "/work";
  options.checkpoints.one_at_a_time = deaths_.need_a_closer_look();
  options.retention.last_epoch = last_epoch_;
  options.restore = restore_;
}

coordinator::Resumption RunState::resumption() const {
  coordinator::Resumption own{run_.job, nullptr, place_, run_.attempt - 1, last_epoch_ + 1};
  if (restore_) own.manifest = std::make_shared<const proto::Manifest>(*restore_);
  for (const proto::Manifest& manifest : kept_) {
    proto::CheckpointSummary& kept = own.kept.emplace_back();
    kept.set_epoch(manifest.epoch());
    kept.set_attempt(manifest.attempt());
    kept.set_completed_us(manifest.completed_us());
    kept.set_last(manifest.last());
  }
  for (const auto& [epoch, attempt] : unreadable_) {
    proto::CheckpointSummary& kept = own.kept.emplace_back();
    kept.set_epoch(epoch);
    kept.set_attempt(attempt);
  }
  std::sort(own.kept.begin(), own.kept.end(), [](const auto& a, const auto& b) { return a.epoch() < b.epoch(); });
  return own;
}

std::string RunState::checkpoint_in_words() const {
  std::array<char, 32> text{};
  const base::Micros seconds = restore_->completed_us() / 1'000'000;
  const std::size_t length = base::format_timestamp(seconds * 1'000'000, text.data());
  return fmt::format("checkpoint {} of {}", restore_->epoch(), std::string_view(text.data(), length));
}

void say_restored(const RunState& state) {
  if (!state.restore()) return;
  fmt::print(stderr, "penstock: goes on from {}, kept in {}\n", state.checkpoint_in_words(), state.directory());
}

void say_finished(const std::string& name, const RunState& state) {
  fmt::print(stderr,
             "penstock: {} has finished: its input has ended, and all is published; to begin anew, name another "
             "--state directory than {}\n",
             name, state.directory());
}

}  // namespace penstock::tools
