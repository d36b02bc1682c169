/// Which task reads which followed file, and what its partition is called. Tasks look at a directory at different
/// moments and may see one file under different names, so a new file goes by its inode, which all see alike. (Not by
/// its time of birth, which may be unknown to some: a file whose inode is used again goes to the task of the one that
/// had it before.) A partition whose name does not hold the inode, of a checkpoint taken with one task or by an earlier
/// version, stays where its name puts it: its rows would be late behind the watermark of another task. THREAD: the
/// task's executor.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "operators/sources/file_identity.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class FileOwners {
 public:
  explicit FileOwners(api::TaskPlace place) : place_(place) {}

  /// Each partition of the restored checkpoint, of whichever task, in the same order in all tasks and before is_mine().
  void restore(const std::string& name, const FileIdentity& identity);
  bool is_mine(const FileIdentity& identity) const;
  /// Of a new file. Another task never gives the same name to another file: PATH where there is one task, else
  /// PATH#INODE.
  std::string name_of(const std::string& path, const FileIdentity& identity) const;

 private:
  struct ByName {
    FileIdentity identity;
    bool mine;
  };
  const ByName* find(const FileIdentity& identity) const;
  bool is_due(std::uint64_t hash) const;

  api::TaskPlace place_;
  std::unordered_multimap<std::uint64_t, ByName>
      by_name_;  ///< By inode: files that go by the names of their partitions.
};

}  // namespace penstock::operators
