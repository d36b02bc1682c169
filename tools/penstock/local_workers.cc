#include "tools/penstock/local_workers.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
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

constexpr int kLifeline = 3;  // The children's descriptor.
constexpr int kAskedMs = 2'000, kKilledMs = 5'000;

constexpr const char* kPrivateName = "penstock-private-";
constexpr time_t kSurelyLocked = 10;  // Seconds.

int open_directory(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

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
  std::vector<std::string> words = {"penstock", "worker", "--name", name, "--lifeline", std::to_string(kLifeline)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, lifeline_read_, kLifeline);
  if (lifeline_read_ == kLifeline) {  // A descriptor that is its own copy would keep its close-on-exec flag.
    const int elsewhere = fcntl(lifeline_read_, F_DUPFD_CLOEXEC, kLifeline + 1);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, elsewhere, kLifeline);
    close(lifeline_read_);
    lifeline_read_ = elsewhere;
  }
  Child child{name, 0, false, 0};
  const int error = posix_spawn(&child.process, program_.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_error("cannot start a worker process", error);
  children_.push_back(std::move(child));
  return {};
}

std::vector<std::string> LocalWorkers::obituaries() {
  std::vector<std::string> all;
  reap(0);
  for (const Child& child : children_) {
    if (!child.ended) continue;
    const std::string who = fmt::format("{} (process {})", child.name, child.process);
    all.push_back(WIFSIGNALED(child.status) ? fmt::format("{} was killed by signal {} ({})", who,
                                                          WTERMSIG(child.status), strsignal(WTERMSIG(child.status)))
                                            : fmt::format("{} ended with status {}", who, WEXITSTATUS(child.status)));
  }
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
      if (!child.ended && waitpid(child.process, &child.status, WNOHANG) == child.process) child.ended = true;
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
