/// One file that is being written, and what becomes of files by name. THREAD: one at a time; syncing runs off the
/// executor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "operators/sinks/file_operations.h"
#include "runtime/base/error.h"

namespace penstock::operators {

/// By which a file is known again.
struct FileContent {
  std::uint64_t bytes = 0;
  std::uint32_t checksum = 0;  ///< CRC-32C.
  bool operator==(const FileContent&) const = default;
};

class OutputFile {
 public:
  /// kNew: error code file_exists when there is one. kEmptied: whatever is there goes. kAppended: what is there stays.
  /// All but kNew write at the end of the file, wherever another writer has put it.
  enum class If : unsigned char { kNew, kEmptied, kAppended };
  static base::Result<std::unique_ptr<OutputFile>> create(FileOperations& operations, std::string path, If condition);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// Writes all of it or, when that fails, none: the file keeps the size it had. Errors: disk_full, file_write_failed.
  base::Result<void> append(std::string_view text);
  /// Not to be tried again on this file when it has failed: the system may have forgotten what was not written.
  base::Result<void> sync();
  void remove();  ///< Unlinks it; no error when it is gone.
  const std::string& path() const { return path_; }
  std::size_t size() const { return size_; }  ///< Written through this object, and what was there before.
  /// Keeps a checksum of what is appended from now on, continuing from that one.
  void keep_checksum(std::uint32_t from) {
    keeps_checksum_ = true;
    checksum_ = from;
  }
  FileContent content() const { return {size_, checksum_}; }
  bool ends_line() const;  ///< It is empty or its last byte is a newline.
  int descriptor() const { return descriptor_; }

 private:
  OutputFile(FileOperations& operations, std::string path, int descriptor, std::size_t size)
      : operations_(operations), path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  void undo(std::size_t written);

  FileOperations& operations_;
  std::string path_;
  int descriptor_;
  std::size_t size_;
  bool keeps_checksum_ = false;
  std::uint32_t checksum_ = 0;
};

/// The error of a call that has failed with `error` (errno). Codes: disk_full, file_exists, file_write_failed.
tl::unexpected<base::Error> file_failure(const std::string& what, const std::string& path, int error);
/// Makes the names in a directory ("" or with a slash at its end) durable.
base::Result<void> sync_directory(FileOperations& operations, const std::string& directory);
/// Makes the directory and those above it, so that their names are durable.
base::Result<void> make_directory(FileOperations& operations, const std::string& path);
/// Reads the file; error file_unreadable.
base::Result<FileContent> read_content(const std::string& path);
/// Nothing is there, or a file that may be replaced: not a device, a pipe, a socket or a link.
bool is_absent_or_regular(const std::string& path);
bool is_directory(const std::string& path);
bool is_there(const std::string& path);
/// "a/b.c" -> "a/"; "" when there is none.
std::string directory_part(const std::string& path);

}  // namespace penstock::operators
