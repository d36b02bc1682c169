/// A file without a name, gone with whoever holds it, in which stretches of bytes are given out and taken back. It is
/// written by calls, so that a full disk is an error, and read where it is mapped, so that many reads can be under way
/// at once. THREAD: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::state {

class ScratchFile {
 public:
  /// Made in `directory` when it is first written.
  explicit ScratchFile(std::string directory) : directory_(std::move(directory)) {}
  ~ScratchFile() { clear(); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// For `pieces` allocations of `bytes` together, after which what has been viewed stays where it is. Codes:
  /// disk_full, state_write_failed.
  base::Result<void> make_room(std::size_t bytes, std::size_t pieces);
  std::uint64_t allocate(std::size_t bytes);
  void release(std::uint64_t at, std::size_t bytes);
  /// Whether what was allocated for so many bytes would do for those.
  static bool same_room(std::size_t bytes, std::size_t others) { return units(bytes) == units(others); }
  /// Codes: as make_room().
  base::Result<void> write(std::uint64_t at, std::string_view bytes);
  /// What has been written there. Until the next make_room().
  const char* view(std::uint64_t at) const { return map_ + at; }
  void clear();  ///< Takes all back.
  const std::string& directory() const { return directory_; }

 private:
  static std::size_t units(std::size_t bytes) { return (bytes + kUnit - 1) / kUnit; }
  static constexpr std::size_t kUnit = 512;
  base::Result<void> open();

  std::string directory_;
  int descriptor_ = -1;
  const char* map_ = nullptr;
  std::size_t mapped_ = 0;
  std::uint64_t end_ = 0;
  std::map<std::size_t, std::vector<std::uint64_t>> free_;  ///< By size in units.
};

}  // namespace penstock::state
