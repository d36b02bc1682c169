#include "operators/sinks/file_operations.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

namespace penstock::operators {

int FileOperations::open(const std::string& path, int flags) { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }

ssize_t FileOperations::write(int descriptor, const char* data, std::size_t bytes) {
  return ::write(descriptor, data, bytes);
}

ssize_t FileOperations::write_at(int descriptor, const char* data, std::size_t bytes, off_t offset) {
  return ::pwrite(descriptor, data, bytes, offset);
}

int FileOperations::sync(int descriptor, const std::string&) { return ::fsync(descriptor); }

int FileOperations::rename(const std::string& from, const std::string& to, bool replace) {
  if (replace) return ::rename(from.c_str(), to.c_str());
  const int result = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result == 0 || (errno != EINVAL && errno != ENOSYS)) return result;
  if (::link(from.c_str(), to.c_str()) != 0) return -1;  // Some file systems: a hard link refuses a taken name as well.
  return ::unlink(from.c_str());
}

int FileOperations::unlink(const std::string& path) { return ::unlink(path.c_str()); }

FileOperations& FileOperations::of_system() {
  static FileOperations system;
  return system;
}

}  // namespace penstock::operators
