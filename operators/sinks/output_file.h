/// One file that is being written, and how it becomes visible. THREAD: one at a time; publishing runs off the executor.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/error.h"

namespace penstock::operators {

class OutputFile {
 public:
  enum class If : unsigned char { kNew, kAny };  ///< kNew: error code file_exists when there is one.
  static base::Result<std::unique_ptr<OutputFile>> create(std::string path, If condition);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// Writes all of it or, when that fails, none: the file keeps the size it had. Errors: disk_full, file_write_failed.
  base::Result<void> append(std::string_view text);
  base::Result<void> sync();
  void remove();  ///< Unlinks it; no error when it is gone.
  const std::string& path() const { return path_; }
  std::size_t size() const { return size_; }
  int descriptor() const { return descriptor_; }

 private:
  OutputFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
  std::size_t size_ = 0;
};

/// Gives a synced file its final name, durably. kNew: error code file_exists, and nothing is done, when the name is
/// taken.
base::Result<void> publish_file(const std::string& staged, const std::string& path, OutputFile::If condition);
/// Makes the directory and those above it.
base::Result<void> make_directory(const std::string& path);
/// Nothing is there, or a file that may be replaced: not a device, a pipe, a socket or a link.
bool is_absent_or_regular(const std::string& path);
bool is_directory(const std::string& path);
/// "a/b.c" -> "a/"; "" when there is none.
std::string directory_part(const std::string& path);

}  // namespace penstock::operators
