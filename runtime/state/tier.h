/// The tier on disk of one task's keyed state: a RocksDB of its own, in a directory of its own, the only user of that
/// library. Deltas come in as whole sorted files (no log, no memtable), so what is on disk is always one cut after
/// another, and an image of it is a list of files that never change, and a small one. Nothing throws.
/// THREAD: scan, prefixes and bytes_of: the task's executor; write and files: the blocking thread; at the same time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/state/delta.h"
#include "runtime/state/slot_index.h"
#include "runtime/state/tier_key.h"

namespace rocksdb {
class DB;
class Iterator;
class Status;
}  // namespace rocksdb

namespace penstock::state {

/// Of an image, with what it is made of.
struct TierFile {
  std::string name;
  std::uint64_t bytes = 0;
  bool fixed = false;  ///< Never changes under this name; else `text` is what it holds.
  std::string text{};
};

class Tier {
 public:
  ~Tier();
  /// In a directory that is empty or holds an image. Codes: state_damaged, state_unreadable, state_write_failed.
  static base::Result<std::unique_ptr<Tier>> open(const std::string& directory);

  using Each = std::function<void(const TierKey&, std::string_view)>;
  /// What a space has of those ranges, which ascend.
  base::Result<void> scan(const std::string& prefix, std::span<const HashRange> ranges, const Each& each);
  std::uint64_t bytes_of(const std::string& prefix);  ///< About so many, of a space.
  base::Result<std::vector<std::string>> prefixes();  ///< Of spaces with entries.

  /// Codes of this and what follows: state_write_failed, disk_full, which may be over the next time; kStateStopped.
  base::Result<void> write(Delta& delta);
  using IsWanted = std::function<bool(std::string_view node)>;
  /// Takes in what another tier has of these key groups, of the nodes that are wanted.
  base::Result<void> take_over(Tier& other, GroupRange groups, const IsWanted& wanted);
  /// Everything that was written, as files of directory(); they stay until release_files().
  base::Result<std::vector<TierFile>> files();
  void release_files();
  /// By indexes of its files, which the library keeps in memory. Any thread.
  std::uint64_t memory_used() const { return memory_used_.load(std::memory_order_relaxed); }
  const std::string& directory() const { return directory_; }

 private:
  Tier(std::string directory, std::unique_ptr<rocksdb::DB> db);
  base::Result<void> add_files(const std::vector<std::string>& paths);
  void look_at_memory();
  tl::unexpected<base::Error> cannot_write(const rocksdb::Status& status);
  std::string path_for_next_file();
  base::Result<void> clear_spaces(const Delta& delta);

  std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::uint64_t files_made_ = 0;
  std::atomic<std::uint64_t> memory_used_{0};
};

}  // namespace penstock::state
