#include "runtime/state/state_image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/base/crc32c.h"
#include "runtime/base/failpoint.h"

namespace penstock::state {
namespace {

constexpr std::size_t kBlock = 256 << 10;

tl::unexpected<base::Error> write_error(int number, const std::string& path) {
  const bool full = number == ENOSPC || number == EDQUOT;
  return tl::unexpected(base::Error{full ? "disk_full" : "state_write_failed",
                                    "state cannot be saved: " + std::string(std::strerror(number)),
                                    base::Origin::kEnvironment, true, path});
}
/// The file is a link to the tier's, so the next image would sync what has failed to be written, and be told that all
/// is well: whoever holds this state must begin anew.
tl::unexpected<base::Error> sync_error(int number, const std::string& path) {
  return tl::unexpected(base::Error{kStateSyncFailed,
                                    "saved state cannot be made durable: " + std::string(std::strerror(number)),
                                    base::Origin::kEnvironment, true, path});
}
tl::unexpected<base::Error> read_error(int number, const std::string& path) {
  const bool gone = number == ENOENT;
  return base::fail(gone ? "state_damaged" : "state_unreadable",
                    gone ? "a file of the saved state is missing"
                         : "saved state cannot be read: " + std::string(std::strerror(number)),
                    path, base::Origin::kEnvironment);
}

/// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool ok() const { return number_ >= 0; }

 private:
  int number_;
};

int write_all(int descriptor, const char* at, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t done = ::write(descriptor, at, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return 0;
}

/// each(bytes, size) -> errno, block by block; returns the first that is not 0, or that of reading.
template <class Each>
int read_all(const std::string& path, Each&& each) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return errno;
  std::vector<char> block(kBlock);
  for (;;) {
    const ssize_t found = ::read(file.get(), block.data(), block.size());
    if (found < 0 && errno == EINTR) continue;
    if (found < 0) return errno;
    if (found == 0) return 0;
    if (const int failed = each(block.data(), static_cast<std::size_t>(found)); failed != 0) return failed;
  }
}

int sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return errno;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

int write_file(const std::string& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.ok()) return errno;
  if (const int failed = write_all(file.get(), text.data(), text.size()); failed != 0) return failed;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

int copy_file(const std::string& from, const std::string& to) {
  const Descriptor file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.ok()) return errno;
  const int failed =
      read_all(from, [&](const char* bytes, std::size_t size) { return write_all(file.get(), bytes, size); });
  return failed;
}

int link_or_copy(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return 0;
  const bool cannot_link = errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP;
  return cannot_link ? copy_file(from, to) : errno;
}

int sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok()) return errno;
  return ::fsync(directory.get()) == 0 ? 0 : errno;
}

/// Size and checksum of a file as it is.
struct Measure {
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
  int measure(const std::string& path) {
    return read_all(path, [&](const char* at, std::size_t size) {
      crc = base::crc32c(at, size, crc);
      bytes += size;
      return 0;
    });
  }
};

bool is_fixed(const std::string& name) { return name.ends_with(".sst"); }

}  // namespace

base::Result<SavedFile> StateImages::add(const std::string& tier, const TierFile& file, const std::string& directory) {
  const std::string path = directory + "/" + file.name;
  if (!file.fixed) {
    if (const int failed = write_file(path, file.text); failed != 0) return write_error(failed, path);
    return SavedFile{file.name, file.text.size(), base::crc32c(file.text.data(), file.text.size()), true};
  }
  if (const auto known = known_.find(file.name); known != known_.end()) {
    // It may have been removed meanwhile, with its checkpoint.
    if (::link(known->second.path.c_str(), path.c_str()) == 0) {
      known->second.path = path;
      if (!known->second.synced)
        if (const int failed = sync_file(path); failed != 0) return sync_error(failed, path);
      known->second.synced = true;
      return SavedFile{file.name, known->second.bytes, known->second.crc, false};
    }
  }
  if (const int failed = link_or_copy(tier + "/" + file.name, path); failed != 0) return write_error(failed, path);
  base::failpoint("state.image.linked");
  Measure measure;
  if (const int failed = measure.measure(path); failed != 0) return write_error(failed, path);
  if (const int failed = sync_file(path); failed != 0) return sync_error(failed, path);
  known_[file.name] = {path, measure.bytes, measure.crc, true};
  return SavedFile{file.name, measure.bytes, measure.crc, true};
}

base::Result<std::vector<SavedFile>> StateImages::write(const std::string& tier, const std::vector<TierFile>& files,
                                                        const std::string& directory) {
  std::vector<SavedFile> saved;
  for (const TierFile& file : files) {
    auto added = add(tier, file, directory);
    if (!added) return tl::unexpected(added.error());
    saved.push_back(std::move(*added));
  }
  base::failpoint("state.image.written");
  if (const int failed = sync_directory(directory); failed != 0) return write_error(failed, directory);
  base::failpoint("state.image.synced");
  std::erase_if(known_, [&](const auto& known) { return !known.second.path.starts_with(directory + "/"); });
  return saved;
}

void StateImages::know(const FormerState& former) {
  for (const SavedFile& file : former.files)
    if (is_fixed(file.name)) known_[file.name] = {former.directory + "/" + file.name, file.bytes, file.crc, false};
}

base::Result<void> check_files(const FormerState& former) {
  for (const SavedFile& file : former.files) {
    const std::string path = former.directory + "/" + file.name;
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return read_error(errno, path);
    if (static_cast<std::uint64_t>(about.st_size) != file.bytes)
      return base::fail("state_damaged", "a file of the saved state has another size than when it was written", path,
                        base::Origin::kEnvironment);
    if (is_fixed(file.name)) continue;
    Measure measure;
    if (const int failed = measure.measure(path); failed != 0) return read_error(failed, path);
    if (measure.crc != file.crc)
      return base::fail("state_damaged", "a file of the saved state has changed since it was written", path,
                        base::Origin::kEnvironment);
  }
  return {};
}

base::Result<void> link_files(const FormerState& former, const std::string& directory) {
  for (const SavedFile& file : former.files) {
    const std::string from = former.directory + "/" + file.name, to = directory + "/" + file.name;
    const int failed = is_fixed(file.name) ? link_or_copy(from, to) : copy_file(from, to);
    if (failed != 0) return write_error(failed, to);
    if (!file.name.starts_with("MANIFEST")) continue;
    base::failpoint("state.files.linked");
    const std::string current = directory + "/CURRENT";
    if (const int unwritten = write_file(current, file.name + "\n"); unwritten != 0)
      return write_error(unwritten, current);
  }
  return {};
}

}  // namespace penstock::state
