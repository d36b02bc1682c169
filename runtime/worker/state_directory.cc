#include "runtime/worker/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace penstock::worker {
namespace {

namespace fs = std::filesystem;

void remove_left_behind(const std::string& path) {
  std::error_code ignored;
  std::vector<fs::path> jobs;
  for (fs::directory_iterator each(path, ignored), end; !ignored && each != end; each.increment(ignored))
    if (each->is_directory(ignored)) jobs.push_back(each->path());
  for (const fs::path& job : jobs) fs::remove_all(job, ignored);
}

}  // namespace

base::Result<StateDirectory> StateDirectory::open(const std::string& directory) {
  const std::string path = directory + "/worker-tier";
  const auto unusable = [&](const std::string& why) {
    return base::fail("state_unusable", "cannot keep state in " + path + ": " + why, path, base::Origin::kEnvironment);
  };
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return unusable(error.message());
  const int lock = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return unusable(std::strerror(errno));
  StateDirectory own(path, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) remove_left_behind(path);
  if (::flock(lock, LOCK_SH) != 0) return unusable(std::strerror(errno));
  return own;
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDirectory::~StateDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace penstock::worker
