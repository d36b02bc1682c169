#include "operators/sinks/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "runtime/base/crc32c.h"
#include "runtime/base/durable_directory.h"

namespace penstock::operators {

tl::unexpected<base::Error> file_failure(const std::string& what, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  std::string text = what + " " + path + ": " + std::strerror(error);
  if (full) text += "; make room there or choose another path";
  const char* code = full ? "disk_full" : error == EEXIST ? "file_exists" : "file_write_failed";
  return base::fail(code, std::move(text), path, base::Origin::kEnvironment);
}

namespace {

base::Result<void> sync_descriptor(FileOperations& operations, int descriptor, const std::string& path) {
  if (operations.sync(descriptor, path) == 0) return {};
  auto failure = file_failure("cannot make durable", path, errno);
  failure.value().restart_helps = true;  // The rows are written again, to another file.
  return failure;
}

}  // namespace

base::Result<void> sync_directory(FileOperations& operations, const std::string& directory) {
  const std::string path = directory.empty() ? "." : directory;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return file_failure("cannot open the directory", path, errno);
  auto synced = sync_descriptor(operations, descriptor, path);
  close(descriptor);
  return synced;
}

base::Result<std::unique_ptr<OutputFile>> OutputFile::create(FileOperations& operations, std::string path,
                                                             If condition) {
  const int how = condition == If::kNew ? O_EXCL : condition == If::kEmptied ? O_TRUNC | O_APPEND : O_APPEND;
  const int descriptor = operations.open(path, O_RDWR | O_CREAT | how);
  if (descriptor < 0) return file_failure("cannot write", path, errno);
  struct stat status {};
  const std::size_t size = fstat(descriptor, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
  return std::unique_ptr<OutputFile>(new OutputFile(operations, std::move(path), descriptor, size));
}

OutputFile::~OutputFile() { close(descriptor_); }

base::Result<void> OutputFile::append(std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t wrote = operations_.write(descriptor_, text.data() + written, text.size() - written);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int error = errno;
      undo(written);
      return file_failure("cannot write", path_, error);
    }
    written += static_cast<std::size_t>(wrote);
  }
  size_ += written;
  if (keeps_checksum_) checksum_ = base::crc32c(text.data(), text.size(), checksum_);
  return {};
}

/// Takes back what was written of a text that did not fit, unless somebody else has written behind it.
void OutputFile::undo(std::size_t written) {
  struct stat status {};
  if (written == 0 || fstat(descriptor_, &status) != 0 || status.st_size != static_cast<off_t>(size_ + written)) return;
  if (ftruncate(descriptor_, static_cast<off_t>(size_)) == 0) lseek(descriptor_, static_cast<off_t>(size_), SEEK_SET);
}

base::Result<void> OutputFile::sync() { return sync_descriptor(operations_, descriptor_, path_); }

void OutputFile::remove() { operations_.unlink(path_); }

bool OutputFile::ends_line() const {
  char last = '\n';
  struct stat status {};
  return fstat(descriptor_, &status) != 0 || status.st_size == 0 ||
         pread(descriptor_, &last, 1, status.st_size - 1) != 1 || last == '\n';
}

base::Result<void> make_directory(FileOperations& operations, const std::string& path) {
  return base::make_directory_durably(
      path, {.sync = [&](const std::string& directory) { return sync_directory(operations, directory); },
             .cannot_make = [](const std::string& directory, int error) -> base::Result<void> {
               return file_failure("cannot make the directory", directory, error);
             }});
}

base::Result<FileContent> read_content(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> chunk(1 << 18);
  FileContent content;
  ssize_t got = -1;
  while (descriptor >= 0 && (got = ::read(descriptor, chunk.data(), chunk.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    content.bytes += static_cast<std::uint64_t>(got);
    content.checksum = base::crc32c(chunk.data(), static_cast<std::size_t>(got), content.checksum);
  }
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (got == 0) return content;
  return base::fail("file_unreadable", "cannot read " + path + ": " + std::strerror(error), path,
                    base::Origin::kEnvironment);
}

bool is_absent_or_regular(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_there(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

std::string directory_part(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

}  // namespace penstock::operators
