/// Worker processes of our own, for `run --workers N`: started, looked after, and ended whatever happens. They hang on
/// a lifeline (a pipe): when this process ends, however it does, they end too and leave nothing behind. THREAD: main.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
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
  /// The program that is run with `worker ...`: this one, unless said. `held`: a descriptor that they hold as long as
  /// they live; -1: none.
  explicit LocalWorkers(std::string program = "/proc/self/exe", int held = -1)
      : program_(std::move(program)), held_(held) {}
  ~LocalWorkers();  ///< Ends them: asks, and after a moment kills.
  LocalWorkers(const LocalWorkers&) = delete;
  LocalWorkers& operator=(const LocalWorkers&) = delete;

  /// `arguments`: all behind `worker` but the lifeline.
  base::Result<void> start(const std::string& name, const std::vector<std::string>& arguments);
  /// Starts those again that have ended; of those that had not been seen to end before: "worker-2 (process 4711) was
  /// killed by signal 9 (Killed)". Whoever ends soon after its start waits before the next one, longer each time. Code
  /// worker_ended: it was too often.
  base::Result<std::vector<std::string>> revive();
  void kill_process(pid_t process);      ///< One of ours, where it is; no other.
  std::vector<int> descriptors() const;  ///< Readable when the process has ended; -1 where that cannot be had.
  std::vector<pid_t> processes() const;

 private:
  struct Child {
    std::string name;
    std::vector<std::string> arguments;
    pid_t process = 0;
    int descriptor = -1;
    bool ended = false;
    int status = 0;
    base::Micros started_at = 0;
    base::Micros again_at = 0;  ///< Once it has ended; 0: that was not told yet.
    int soon = 0;               ///< How often in a row it has ended soon after its start.
  };
  base::Result<void> open_lifeline();
  base::Result<void> launch(Child& child);
  bool reap(int patience_ms);
  static std::string obituary(const Child& child);

  const std::string program_;
  const int held_;
  int lifeline_read_ = -1, lifeline_write_ = -1;
  std::vector<Child> children_;
};

}  // namespace penstock::tools
