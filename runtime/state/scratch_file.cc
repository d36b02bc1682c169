#include "runtime/state/scratch_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace penstock::state {
namespace {

tl::unexpected<base::Error> write_error(int number, const std::string& directory) {
  const bool full = number == ENOSPC || number == EDQUOT;
  return tl::unexpected(
      base::Error{full ? "disk_full" : "state_write_failed",
                  "state that does not fit in memory cannot be put on disk: " + std::string(std::strerror(number)),
                  base::Origin::kEnvironment, true, directory});
}

}  // namespace

base::Result<void> ScratchFile::open() {
  std::string path = directory_ + "/spill-XXXXXX";
  descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor_ < 0) return write_error(errno, directory_);
  if (::unlink(path.c_str()) != 0) return write_error(errno, path);
  return {};
}

base::Result<void> ScratchFile::make_room(std::size_t bytes, std::size_t pieces) {
  constexpr std::size_t kFirst = 1 << 20;
  const std::size_t wanted = end_ + bytes + pieces * kUnit;
  if (wanted <= mapped_) return {};
  if (descriptor_ < 0)
    if (auto opened = open(); !opened) return opened;
  const std::size_t size = std::bit_ceil(std::max(wanted, kFirst));
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (map == MAP_FAILED) return write_error(errno, directory_);
  ::madvise(map, size, MADV_RANDOM);
  if (map_ != nullptr) ::munmap(const_cast<char*>(map_), mapped_);
  map_ = static_cast<const char*>(map);
  mapped_ = size;
  return {};
}

std::uint64_t ScratchFile::allocate(std::size_t bytes) {
  const std::size_t wanted = units(bytes);
  if (const auto free = free_.find(wanted); free != free_.end() && !free->second.empty()) {
    const std::uint64_t at = free->second.back();
    free->second.pop_back();
    return at;
  }
  const std::uint64_t at = end_;
  end_ += wanted * kUnit;
  return at;
}

void ScratchFile::release(std::uint64_t at, std::size_t bytes) { free_[units(bytes)].push_back(at); }

base::Result<void> ScratchFile::write(std::uint64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return write_error(errno, directory_);
    at += static_cast<std::uint64_t>(done);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

/// With its space on the disk.
void ScratchFile::clear() {
  if (map_ != nullptr) ::munmap(const_cast<char*>(map_), mapped_);
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  map_ = nullptr;
  mapped_ = 0;
  end_ = 0;
  free_.clear();
}

}  // namespace penstock::state
