/// The file system as a sink sees it, with faults: calls are counted; at a chosen one something happens (one call
/// fails, the process dies and no later call has an effect, or it is frozen while others go on), and lose_unsynced()
/// leaves what a machine finds after its power was cut at the worst moment. Nothing is really synced, so it is fast.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "operators/sinks/file_operations.h"

namespace penstock::operators {

inline std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class FaultyOperations : public FileOperations {
 public:
  int calls = 0;
  int die_at = -1;      ///< This call and all later ones do nothing and fail.
  bool tear = false;    ///< When the call is a write, half of it is done.
  int fail_at = -1;     ///< This one call does nothing and fails with `error`.
  std::string fail_in;  ///< Only of this name ("sync", "rename", "write", "open"): counted apart; "": of all.
  int error = EIO;
  int freeze_at = -1;  ///< Before this call `frozen` runs.
  std::function<void()> frozen;
  bool dead() const { return die_at >= 0 && calls > die_at; }

  int open(const std::string& path, int flags) override {
    if (!may("open")) return -1;
    const bool is_new = !std::filesystem::exists(path);
    const int descriptor = FileOperations::open(path, flags);
    if (descriptor >= 0 && is_new) pending_.push_back({path, "", std::string()});
    return descriptor;
  }
  ssize_t write(int descriptor, const char* data, std::size_t bytes) override {
    if (!may("write")) {
      if (tear && calls == die_at + 1) FileOperations::write(descriptor, data, bytes / 2);
      return -1;
    }
    known_.insert(inode(descriptor));
    return FileOperations::write(descriptor, data, bytes);
  }
  ssize_t write_at(int descriptor, const char* data, std::size_t bytes, off_t offset) override {
    if (!may("write")) return -1;
    known_.insert(inode(descriptor));
    return FileOperations::write_at(descriptor, data, bytes, offset);
  }
  int sync(int descriptor, const std::string& path) override {
    if (!may("sync")) return -1;
    if (std::filesystem::is_directory(path)) {
      pending_.clear();  // Of one directory in these tests.
    } else {
      synced_[inode(descriptor)] = content_of("/proc/self/fd/" + std::to_string(descriptor));
    }
    return 0;
  }
  int rename(const std::string& from, const std::string& to, bool replace) override {
    if (!may("rename")) return -1;
    const std::string before = content_of(to);
    const bool had = std::filesystem::exists(to);
    const int result = FileOperations::rename(from, to, replace);
    if (result == 0) pending_.push_back({to, from, had ? before : std::string()});
    return result;
  }
  int unlink(const std::string& path) override { return may("unlink") ? FileOperations::unlink(path) : -1; }

  void lose_unsynced(const std::string& directory) {
    for (; !pending_.empty(); pending_.pop_back()) {
      const Pending& last = pending_.back();
      if (last.from.empty()) {
        ::unlink(last.path.c_str());
      } else {
        ::rename(last.path.c_str(), last.from.c_str());
        if (!last.replaced.empty()) std::ofstream(last.path, std::ios::binary) << last.replaced;
      }
    }
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      struct stat status {};
      if (stat(file.path().c_str(), &status) != 0 || known_.count(status.st_ino) == 0) continue;
      const auto kept = synced_.find(status.st_ino);
      std::ofstream(file.path(), std::ios::binary) << (kept == synced_.end() ? std::string() : kept->second);
    }
  }

 private:
  struct Pending {
    std::string path, from, replaced;  ///< from: it was renamed; else it was made.
  };
  static ino_t inode(int descriptor) {
    struct stat status {};
    fstat(descriptor, &status);
    return status.st_ino;
  }
  bool may(std::string_view name) {
    const int call = calls++;
    if (call == freeze_at && frozen) frozen();
    if (die_at >= 0 && call >= die_at) return errno = EIO, false;
    const int counted = fail_in.empty() ? call : fail_in == name ? named_++ : -1;
    return counted != fail_at || fail_at < 0 ? true : (errno = error, false);
  }

  int named_ = 0;
  std::vector<Pending> pending_;
  std::set<ino_t> known_;
  std::map<ino_t, std::string> synced_;
};

}  // namespace penstock::operators
