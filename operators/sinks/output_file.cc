#include "operators/sinks/output_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace penstock::operators {
namespace {

tl::unexpected<base::Error> failure(const std::string& what, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  std::string text = what + " " + path + ": " + std::strerror(error);
  if (full) text += "; make room there or choose another path";
  const char* code = full ? "disk_full" : error == EEXIST ? "file_exists" : "file_write_failed";
  return base::fail(code, std::move(text), path, base::Origin::kEnvironment);
}

base::Result<void> sync_descriptor(int descriptor, const std::string& path) {
  if (fsync(descriptor) == 0) return {};
  return failure("cannot make durable", path, errno);
}

base::Result<void> sync_directory(const std::string& directory) {
  const std::string path = directory.empty() ? "." : directory;
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure("cannot open the directory", path, errno);
  auto synced = sync_descriptor(descriptor, path);
  close(descriptor);
  return synced;
}

}  // namespace

base::Result<std::unique_ptr<OutputFile>> OutputFile::create(std::string path, If condition) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (condition == If::kNew ? O_EXCL : O_TRUNC);
  const int descriptor = open(path.c_str(), flags, 0666);
  if (descriptor < 0) return failure("cannot write", path, errno);
  return std::unique_ptr<OutputFile>(new OutputFile(std::move(path), descriptor));
}

OutputFile::~OutputFile() { close(descriptor_); }

base::Result<void> OutputFile::append(std::string_view text) {
  const std::size_t before = size_;
  while (!text.empty()) {
    const ssize_t wrote = write(descriptor_, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int error = errno;
      const bool undone = ftruncate(descriptor_, static_cast<off_t>(before)) == 0 &&
                          lseek(descriptor_, static_cast<off_t>(before), SEEK_SET) >= 0;
      size_ = undone ? before : size_;
      return failure("cannot write", path_, error);
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
    size_ += static_cast<std::size_t>(wrote);
  }
  return {};
}

base::Result<void> OutputFile::sync() { return sync_descriptor(descriptor_, path_); }

void OutputFile::remove() { unlink(path_.c_str()); }

base::Result<void> publish_file(const std::string& staged, const std::string& path, OutputFile::If condition) {
  int result = 0;
  if (condition == OutputFile::If::kNew) {
    result = renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
    const bool unsupported = result != 0 && (errno == EINVAL || errno == ENOSYS);
    if (unsupported) {  // Some file systems: a hard link refuses a taken name as well.
      result = link(staged.c_str(), path.c_str());
      if (result == 0) unlink(staged.c_str());
    }
  } else {
    result = rename(staged.c_str(), path.c_str());
  }
  if (result != 0) return failure("cannot publish", path, errno);
  return sync_directory(directory_part(path));
}

base::Result<void> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error && !is_directory(path)) return failure("cannot make the directory", path, error.value());
  return {};
}

bool is_absent_or_regular(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string directory_part(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

}  // namespace penstock::operators
