#include "runtime/channel/trusted_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace penstock::channel {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

tl::unexpected<base::Error> unreadable(const std::string& path, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return base::fail(missing ? "file_not_found" : "file_unreadable",
                    fmt::format("cannot read {}: {}", path, std::strerror(error)), path);
}

base::Result<void> check(const std::string& path, const struct stat& file, Keep keep) {
  const auto unsafe = [&path](const std::string& what) { return base::fail("file_unsafe", path + what, path); };
  if (!S_ISREG(file.st_mode)) return base::fail("file_unreadable", path + " is not a regular file", path);
  if (file.st_uid != geteuid() && file.st_uid != 0)
    return unsafe(" belongs to another user, who could change it: chown it to yourself");
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0) return unsafe(" can be written by others: chmod go-w it");
  if (keep != Keep::kSecret) return {};
  const bool lent_by_root = file.st_uid == 0 && geteuid() != 0;
  const mode_t readers = lent_by_root ? S_IROTH : S_IRGRP | S_IROTH;
  if ((file.st_mode & readers) != 0)
    return unsafe(" holds a secret key and can be read by others: chmod 600 it, and make a new key if they may have");
  return {};
}

}  // namespace

base::Result<std::string> read_trusted_file(const std::string& path, Keep keep) {
  const OpenFile file(path);
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return unreadable(path, errno);
  if (const auto checked = check(path, status, keep); !checked) return tl::unexpected(checked.error());
  std::string text(kMostBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMostBytes) return base::fail("file_too_large", path + " is larger than 1 MiB", path);
  text.resize(size);
  return text;
}

}  // namespace penstock::channel
