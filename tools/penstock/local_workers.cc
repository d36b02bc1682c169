#include "tools/penstock/local_workers.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "runtime/base/clock.h"

extern char** environ;

namespace penstock::tools {
namespace {

constexpr int kLifeline = 3, kHeld = 4;  // The children's descriptors.
constexpr int kAskedMs = 2'000, kKilledMs = 5'000;

constexpr base::Micros kSoon = 5'000'000;  // After the start of a process.
constexpr base::Micros kFirstPause = 50'000, kLongestPause = 1'000'000;
constexpr int kMostInARow = 10;

constexpr const char* kPrivateName = "penstock-private-";
constexpr time_t kSurelyLocked = 10;  // Seconds.

int open_directory(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

/// A copy beyond the children's own, so that making it one of those never meets itself; -1 of -1.
class Lent {
 public:
  explicit Lent(int descriptor) : copy_(descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, kHeld + 1)) {}
  ~Lent() {
    if (copy_ >= 0) ::close(copy_);
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  void become(int number, posix_spawn_file_actions_t& actions) const {
    if (copy_ >= 0) posix_spawn_file_actions_adddup2(&actions, copy_, number);
  }

 private:
  const int copy_;
};

tl::unexpected<base::Error> system_error(const char* what, int error) {
  return base::fail("cannot_start_worker", fmt::format("{}: {}", what, std::strerror(error)), {},
                    base::Origin::kEnvironment);
}

}  // namespace

base::Result<PrivateDirectory> PrivateDirectory::make() {
  std::error_code failed;
  const std::string parent = std::filesystem::temp_directory_path(failed);
  std::string path = parent + "/" + kPrivateName + "XXXXXX";
  if (failed || mkdtemp(path.data()) == nullptr) return system_error("cannot make a temporary directory", errno);
  PrivateDirectory made(path, open_directory(path));
  flock(made.lock_, LOCK_EX | LOCK_NB);
  remove_abandoned(parent);
  return made;
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

/// Ours, a while old (its maker may not have locked a new one yet), and locked by nobody.
void PrivateDirectory::remove_abandoned(const std::string& parent) {
  std::error_code error;
  for (std::filesystem::directory_iterator each(parent, error), end; !error && each != end; each.increment(error)) {
    const std::string path = each->path().string();
    struct stat about {};
    if (!each->path().filename().string().starts_with(kPrivateName) || lstat(path.c_str(), &about) != 0) continue;
    if (!S_ISDIR(about.st_mode) || about.st_uid != geteuid() || time(nullptr) - about.st_mtime < kSurelyLocked)
      continue;
    const int lock = open_directory(path);
    std::error_code ignored;
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) std::filesystem::remove_all(path, ignored);
    if (lock >= 0) ::close(lock);
  }
}

base::Result<void> LocalWorkers::open_lifeline() {
  if (lifeline_write_ >= 0) return {};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  lifeline_read_ = ends[0];
  lifeline_write_ = ends[1];
  return {};
}

base::Result<void> LocalWorkers::start(const std::string& name, const std::vector<std::string>& arguments) {
  if (auto open = open_lifeline(); !open) return open;
  Child child;
  child.name = name;
  child.arguments = {"penstock", "worker", "--name", name, "--lifeline", std::to_string(kLifeline)};
  child.arguments.insert(child.arguments.end(), arguments.begin(), arguments.end());
  if (auto launched = launch(child); !launched) return launched;
  children_.push_back(std::move(child));
  return {};
}

base::Result<void> LocalWorkers::launch(Child& child) {
  std::vector<char*> argv;
  for (std::string& word : child.arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const Lent lifeline(lifeline_read_), held(held_);
  lifeline.become(kLifeline, actions);
  held.become(kHeld, actions);
  const int error = posix_spawn(&child.process, program_.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_error("cannot start a worker process", error);
  child.descriptor = static_cast<int>(syscall(SYS_pidfd_open, child.process, 0));
  child.ended = false;
  child.again_at = 0;
  child.started_at = base::steady_now();
  return {};
}

std::string LocalWorkers::obituary(const Child& child) {
  const std::string who = fmt::format("{} (process {})", child.name, child.process);
  if (!WIFSIGNALED(child.status)) return fmt::format("{} ended with status {}", who, WEXITSTATUS(child.status));
  const int signal = WTERMSIG(child.status);
  return fmt::format("{} was killed by signal {} ({})", who, signal, strsignal(signal));
}

base::Result<std::vector<std::string>> LocalWorkers::revive() {
  std::vector<std::string> told;
  reap(0);
  const base::Micros now = base::steady_now();
  for (Child& child : children_) {
    if (!child.ended) continue;
    if (child.again_at == 0) {
      child.soon = now - child.started_at < kSoon ? child.soon + 1 : 0;
      if (child.soon > kMostInARow)
        return base::fail("worker_ended",
                          fmt::format("{}, soon after its start, {} times in a row; what it said stands above; "
                                      "of a run with --state DIR the same command goes on",
                                      obituary(child), child.soon),
                          {}, base::Origin::kEnvironment);
      child.again_at = now + (child.soon < 2 ? 0 : std::min(kLongestPause, kFirstPause << (child.soon - 2)));
      told.push_back(obituary(child));
    }
    if (now < child.again_at) continue;
    if (auto launched = launch(child); !launched) return tl::unexpected(launched.error());
  }
  return told;
}

void LocalWorkers::kill_process(pid_t process) {
  for (const Child& child : children_)
    if (child.process == process && !child.ended) kill(process, SIGKILL);
}

std::vector<int> LocalWorkers::descriptors() const {
  std::vector<int> all;
  for (const Child& child : children_) all.push_back(child.descriptor);
  return all;
}

std::vector<pid_t> LocalWorkers::processes() const {
  std::vector<pid_t> all;
  for (const Child& child : children_) all.push_back(child.process);
  return all;
}

/// True when all have ended.
bool LocalWorkers::reap(int patience_ms) {
  const base::Micros until = base::steady_now() + patience_ms * 1000;
  for (;;) {
    bool all = true;
    for (Child& child : children_) {
      if (!child.ended && waitpid(child.process, &child.status, WNOHANG) == child.process) {
        child.ended = true;
        if (child.descriptor >= 0) ::close(std::exchange(child.descriptor, -1));
      }
      all = all && child.ended;
    }
    if (all || base::steady_now() >= until) return all;
    poll(nullptr, 0, 2);
  }
}

LocalWorkers::~LocalWorkers() {
  if (lifeline_write_ >= 0) close(lifeline_write_);
  if (lifeline_read_ >= 0) close(lifeline_read_);
  for (const Child& child : children_)
    if (!child.ended) kill(child.process, SIGCONT);  // One that was stopped hears it too.
  if (reap(kAskedMs)) return;
  for (const Child& child : children_) {
    if (!child.ended) kill(child.process, SIGKILL);
  }
  reap(kKilledMs);
}

}  // namespace penstock::tools
