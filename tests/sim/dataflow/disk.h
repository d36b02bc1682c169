/// The disks of a simulation: a real directory, and beside it what of it would not survive a power cut: content of
/// files that was not synced, and names that were given, changed or taken away in directories that were not synced
/// since. lose_unsynced() makes it so. Also where file calls of a dead process fail, and others fail or take their
/// time. THREAD: the only one; called by os_files.cc around the real calls, and by the world.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>

#include "tests/sim/dataflow/kernel.h"

namespace penstock::sim {

/// How often file calls of the product fail, as long as faults are on.
struct DiskFaults {
  double sync_fails = 0;
  double write_fails = 0;
  std::string spared{};  ///< Syncs of what lies there do not fail.
};

/// Who wants to know what the product does with files.
class DiskWatcher {
 public:
  virtual ~DiskWatcher() = default;
  virtual void on_renamed(const std::string& from, const std::string& to) = 0;
  virtual void on_unlinked(const std::string& path) = 0;  ///< Just before.
  virtual void on_written(const std::string& path, const char* bytes, std::size_t size) = 0;
};

class Disk {
 public:
  Disk(Kernel& kernel, std::string root);  ///< Empties it.
  ~Disk();
  static Disk* of_fiber();  ///< nullptr: not in a fiber.

  DiskFaults faults;
  DiskWatcher* watcher = nullptr;
  std::function<void(const std::string&)> tell = [](const std::string&) {};  ///< What a power cut takes away.
  const std::string& root() const { return root_; }
  bool holds(const std::string& path) const { return path.starts_with(root_); }

  // --- around calls of the product; false: it fails, errno says why
  enum class Call { kSync, kWrite, kOther };
  bool may(Call call, const std::string& path = {});
  void on_opened(int descriptor, const std::string& path);
  void on_closed(int descriptor) { open_.erase(descriptor); }
  const std::string* path_of(int descriptor) const;
  void before_change(int descriptor);  ///< Of a file's content.
  void on_synced(int descriptor);
  void on_sync_failed(int descriptor);  ///< What was written before is never written any more.
  void on_made(const std::string& path);
  void before_removed(const std::string& path);  ///< A file or an empty directory.
  void before_renamed(const std::string& from, const std::string& to);
  void undo_last();  ///< That call failed.
  std::size_t open_files() const { return open_.size(); }

  // --- for the world
  /// Of what these processes did. Content that was not synced is lost, or half lost, or not; the same with names, of
  /// which those that were changed last are lost first.
  void lose_unsynced(const std::function<bool(const Process*)>& whose);
  bool is_durable(const std::string& path) const;  ///< The file, whole, under that name.
  std::uint64_t lost() const { return lost_; }     ///< Changes that power cuts have undone.

 private:
  struct Content {
    std::string durable;
    const Process* writer = nullptr;
    bool given_up = false;
  };
  struct Change {
    enum class What { kMade, kRemoved, kRenamed } what;
    std::string path;  // That has a name now, or had.
    std::string from;  // kRenamed.
    std::string held;  // Where that which had the name is kept.
    bool directory = false;
    const Process* whose = nullptr;
  };
  std::string hold(const std::string& path);
  void undo(const Change& change);
  void forget(const Change& change);
  void lose_names(const std::function<bool(const Process*)>& whose, bool all);
  void lose_content(const std::function<bool(const Process*)>& whose, bool all);

  Kernel& kernel_;
  std::string root_;
  std::map<int, std::string> open_;
  std::map<ino_t, Content> unsynced_;
  std::list<Change> changes_;  // Oldest first.
  std::uint64_t held_ = 0, lost_ = 0;
};

}  // namespace penstock::sim
