/// `worker --state DIR`: where this host's workers keep keyed state while they work on it,
/// DIR/worker-tier/JOB/ATTEMPT/. A killed worker leaves some, and its jobs may never come back to this host, so the
/// first worker that uses DIR removes what it finds. Nothing else is in worker-tier; DIR may hold what it likes.
/// THREAD: main.
#pragma once

#include <string>
#include <utility>

#include "runtime/base/error.h"

namespace penstock::worker {

class StateDirectory {
 public:
  /// Makes it where it is missing. Code state_unusable.
  static base::Result<StateDirectory> open(const std::string& directory);
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&&) = delete;
  ~StateDirectory();  ///< Lets go of it.

  const std::string& path() const { return path_; }  ///< DIR/worker-tier.

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;  ///< Of worker-tier/lock: held by all who use it together, by one alone who cleans it.
};

}  // namespace penstock::worker
