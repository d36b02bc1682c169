/// The calls to the operating system on which the promises of a file sink rest, behind one small interface, so that a
/// test can make each of them fail, or the process "die" in front of it. THREAD: any.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace penstock::operators {

/// As the calls of the same name: -1 and errno when they fail.
class FileOperations {
 public:
  virtual ~FileOperations() = default;
  virtual int open(const std::string& path, int flags);
  virtual ssize_t write(int descriptor, const char* data, std::size_t bytes);
  virtual ssize_t write_at(int descriptor, const char* data, std::size_t bytes, off_t offset);
  virtual int sync(int descriptor, const std::string& path);
  /// `replace` false: errno EEXIST, and nothing is done, when the name is taken.
  virtual int rename(const std::string& from, const std::string& to, bool replace);
  virtual int unlink(const std::string& path);

  static FileOperations& of_system();
};

}  // namespace penstock::operators
