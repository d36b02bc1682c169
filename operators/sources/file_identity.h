/// Which file a path means, whatever it is called later: inode and time of birth. (The device's number is not part of
/// it: it may be another after a restart of the machine, and files are only sought in one directory.) THREAD: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace penstock::operators {

struct FileIdentity {
  std::uint64_t inode = 0;
  std::int64_t born_ns = 0;  ///< 0: the file system does not say.

  /// The same file, as far as can be told.
  bool is(const FileIdentity& other) const {
    return inode == other.inode && (born_ns == other.born_ns || born_ns == 0 || other.born_ns == 0);
  }
};

struct FileFacts {
  FileIdentity identity;
  std::int64_t bytes = 0;
  bool linked = true;  ///< It still has a name.
};

std::optional<FileFacts> look_at(const std::string& path);  ///< A regular file; links are followed.
std::optional<FileFacts> look_at(int descriptor);
/// Where that file is now, in the directory of `path`; nullopt: not there.
std::optional<std::string> find_beside(const std::string& path, const FileIdentity& identity);

}  // namespace penstock::operators
