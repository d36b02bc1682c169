/// A directory of its own for the kept state of a run; gone with all that is in it. THREAD: the process that made it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace penstock::bench {

class StateDirectory {
 public:
  explicit StateDirectory(const std::string& name);  ///< Under build/bench-data.
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// What each complete checkpoint that is there has written, by number.
  std::map<std::uint64_t, std::uint64_t> checkpoints() const;

 private:
  std::string path_;
};

}  // namespace penstock::bench
