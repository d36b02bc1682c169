/// A directory for the time of a test, in memory where that can be had: for tests that are not about syncing.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace penstock::support {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    const bool in_memory = std::filesystem::exists("/dev/shm");
    path_ = (in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/penstock-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string made(const std::string& name) const {  ///< A directory in it.
    std::filesystem::create_directories(path(name));
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace penstock::support
