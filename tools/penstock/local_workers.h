/// Worker processes of our own, for `run --workers N`: started, looked after, and ended whatever happens. They hang on
/// a lifeline (a pipe): when this process ends, however it does, they end too and leave nothing behind. THREAD: main.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::tools {

/// A directory that only the owner may enter, for sockets and scratch files; removed with all that is in it. It is
/// locked for as long as it is used, so that the next one to be made removes what a killed process has left.
class PrivateDirectory {
 public:
  static base::Result<PrivateDirectory> make();
  PrivateDirectory(PrivateDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::exchange(other.lock_, -1)) {}
  PrivateDirectory& operator=(PrivateDirectory&&) = delete;
  ~PrivateDirectory();
  const std::string& path() const { return path_; }

 private:
  PrivateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  static void remove_abandoned(const std::string& parent);
  std::string path_;
  int lock_;
};

class LocalWorkers {
 public:
  /// The program that is run with `worker ...`: this one, unless said.
  explicit LocalWorkers(std::string program = "/proc/self/exe") : program_(std::move(program)) {}
  ~LocalWorkers();  ///< Ends them: asks, and after a moment kills.
  LocalWorkers(const LocalWorkers&) = delete;
  LocalWorkers& operator=(const LocalWorkers&) = delete;

  /// `arguments`: all behind `worker` but the lifeline.
  base::Result<void> start(const std::string& name, const std::vector<std::string>& arguments);
  /// Of those that have ended although nobody told them to: "worker-2 (process 4711) was killed by signal 9 (Killed)".
  std::vector<std::string> obituaries();
  std::size_t count() const { return children_.size(); }
  std::vector<pid_t> processes() const;

 private:
  struct Child {
    std::string name;
    pid_t process = 0;
    bool ended = false;
    int status = 0;
  };
  base::Result<void> open_lifeline();
  bool reap(int patience_ms);

  std::string program_;
  int lifeline_read_ = -1, lifeline_write_ = -1;
  std::vector<Child> children_;
};

}  // namespace penstock::tools
