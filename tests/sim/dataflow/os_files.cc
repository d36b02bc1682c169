/// Calls of the product that change files, inside a simulation: the real call is made, and the Disk is told. What only
/// looks at files is left alone.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <string>

#include "runtime/base/check.h"
#include "tests/sim/dataflow/disk.h"

using penstock::sim::Disk;
using penstock::sim::Kernel;

namespace {

template <class... Arguments>
int real(long number, Arguments... arguments) {
  return static_cast<int>(syscall(number, arguments...));
}

std::string path_at(int directory, const char* name) {
  if (directory == AT_FDCWD || name[0] == '/') return name;
  char path[4096];
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(directory)).c_str(), path, sizeof path);
  return size < 0 ? std::string() : std::string(path, static_cast<std::size_t>(size)) + "/" + name;
}

/// nullptr: not of the simulation's disk, or not called by the product.
Disk* disk_of(const std::string& path) {
  Disk* disk = Disk::of_fiber();
  return disk != nullptr && disk->holds(path) ? disk : nullptr;
}
Disk* disk_of(int descriptor) {
  Disk* disk = Disk::of_fiber();
  return disk != nullptr && disk->path_of(descriptor) != nullptr ? disk : nullptr;
}

bool is_there(const std::string& path) {
  struct stat about {};
  return lstat(path.c_str(), &about) == 0;
}

int open_file(int directory, const char* name, int flags, mode_t mode) {
  const std::string path = path_at(directory, name);
  Disk* disk = disk_of(path);
  if (disk == nullptr) return real(SYS_openat, directory, name, flags, mode);
  const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
  if (changes && !disk->may(Disk::Call::kWrite)) return -1;
  const bool is_new = changes && !is_there(path);
  const int descriptor = real(SYS_openat, directory, name, flags & ~O_TRUNC, mode);
  if (descriptor < 0) return descriptor;
  disk->on_opened(descriptor, path);
  if (is_new) disk->on_made(path);
  if ((flags & O_TRUNC) != 0) {
    disk->before_change(descriptor);
    CHECK(real(SYS_ftruncate, descriptor, 0L) == 0);
  }
  return descriptor;
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int sync_file(int descriptor, long number) {
  Disk* disk = disk_of(descriptor);
  if (disk == nullptr) return real(number, descriptor);
  if (disk->may(Disk::Call::kSync, *disk->path_of(descriptor))) return disk->on_synced(descriptor), 0;
  const int error = errno;
  disk->on_sync_failed(descriptor);
  return errno = error, -1;
}

int rename_file(const std::string& from, const std::string& to, unsigned flags) {
  Disk* disk = disk_of(from);
  if (disk != nullptr && !disk->may(Disk::Call::kOther)) return -1;
  if (disk != nullptr) disk->before_renamed(from, to);
  const int result = real(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags);
  if (disk == nullptr) return result;
  const int error = errno;
  if (result != 0) return disk->undo_last(), errno = error, result;
  if (disk->watcher != nullptr) disk->watcher->on_renamed(from, to);
  return result;
}

int remove_name(int directory, const char* name, int flags) {
  const std::string path = path_at(directory, name);
  Disk* disk = disk_of(path);
  if (disk == nullptr) return real(SYS_unlinkat, directory, name, flags);
  if (!disk->may(Disk::Call::kOther)) return -1;
  const bool there = is_there(path);
  if (there && disk->watcher != nullptr) disk->watcher->on_unlinked(path);
  if (there) disk->before_removed(path);
  const int result = real(SYS_unlinkat, directory, name, flags);
  const int error = errno;
  if (result != 0 && there) disk->undo_last();
  return errno = error, result;
}

int link_file(const char* from, const char* to) {
  Disk* disk = disk_of(std::string(to));
  if (disk != nullptr && !disk->may(Disk::Call::kOther)) return -1;
  const int result = real(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (disk != nullptr && result == 0) disk->on_made(to);
  return result;
}

int make_directory(int directory, const char* name, mode_t mode) {
  const std::string path = path_at(directory, name);
  Disk* disk = disk_of(path);
  if (disk != nullptr && !is_there(path) && !disk->may(Disk::Call::kOther)) return -1;
  const int result = real(SYS_mkdirat, directory, name, mode);
  if (disk != nullptr && result == 0) disk->on_made(path);
  return result;
}

ssize_t write_file(int descriptor, const void* bytes, size_t size, off_t offset) {
  const auto write = [&] {
    return offset < 0 ? syscall(SYS_write, descriptor, bytes, size)
                      : syscall(SYS_pwrite64, descriptor, bytes, size, offset);
  };
  Disk* disk = disk_of(descriptor);
  if (disk == nullptr) return write();
  if (!disk->may(Disk::Call::kWrite)) return -1;
  disk->before_change(descriptor);
  const ssize_t written = write();
  if (written >= 0 && disk->watcher != nullptr)
    disk->watcher->on_written(*disk->path_of(descriptor), static_cast<const char*>(bytes), size);
  return written;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(directory, path, flags, mode);
}
int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(directory, path, flags, mode);
}

int close(int descriptor) {
  if (Kernel::is_event(descriptor)) {
    if (Kernel* kernel = Kernel::running()) kernel->close_event(descriptor);
    return 0;
  }
  if (Disk* disk = Disk::of_fiber()) disk->on_closed(descriptor);
  return real(SYS_close, descriptor);
}

/// Made of a descriptor, which it closes by itself.
int closedir(DIR* directory) {
  static auto* const call = reinterpret_cast<int (*)(DIR*)>(dlsym(RTLD_NEXT, "closedir"));
  if (Disk* disk = Disk::of_fiber()) disk->on_closed(dirfd(directory));
  return call(directory);
}

ssize_t read(int descriptor, void* bytes, size_t size) {
  if (!Kernel::is_event(descriptor)) return syscall(SYS_read, descriptor, bytes, size);
  Kernel* kernel = Kernel::running();
  if (kernel == nullptr || !kernel->take(descriptor)) return errno = EAGAIN, -1;
  *static_cast<std::uint64_t*>(bytes) = 1;
  return sizeof(std::uint64_t);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (!Kernel::is_event(descriptor)) return write_file(descriptor, bytes, size, -1);
  if (Kernel* kernel = Kernel::running()) kernel->signal(descriptor);
  return static_cast<ssize_t>(size);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return write_file(descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return write_file(descriptor, bytes, size, offset);
}
int ftruncate(int descriptor, off_t size) noexcept {
  Disk* disk = disk_of(descriptor);
  if (disk != nullptr && !disk->may(Disk::Call::kOther)) return -1;
  if (disk != nullptr) disk->before_change(descriptor);
  return real(SYS_ftruncate, descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) noexcept { return ftruncate(descriptor, size); }

/// What is stored through a mapping the disk does not see: files that are to be mapped (WorkFile) are refused their
/// blocks, and the product does without.
int posix_fallocate(int descriptor, off_t offset, off_t size) {
  return disk_of(descriptor) != nullptr ? EOPNOTSUPP : real(SYS_fallocate, descriptor, 0, offset, size) < 0 ? errno : 0;
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t size) {
  return posix_fallocate(descriptor, offset, size);
}

int fsync(int descriptor) { return sync_file(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_file(descriptor, SYS_fdatasync); }

int rename(const char* from, const char* to) noexcept { return rename_file(from, to, 0); }
int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) noexcept {
  return rename_file(path_at(from_directory, from), path_at(to_directory, to), flags);
}
int link(const char* from, const char* to) noexcept { return link_file(from, to); }
int unlink(const char* path) noexcept { return remove_name(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char* path, int flags) noexcept { return remove_name(directory, path, flags); }
int rmdir(const char* path) noexcept { return remove_name(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) noexcept {
  if (remove_name(AT_FDCWD, path, 0) == 0) return 0;
  return errno == EISDIR ? remove_name(AT_FDCWD, path, AT_REMOVEDIR) : -1;
}
int mkdir(const char* path, mode_t mode) noexcept { return make_directory(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char* path, mode_t mode) noexcept { return make_directory(directory, path, mode); }

}  // extern "C"
